import { CONTROL_PLANE_LABEL } from '../kubernetes/paths.ts';
import type { Condition, Node, Pod } from '../kubernetes/objects.ts';

export function conditionOf(object: { readonly status: { readonly conditions?: readonly Condition[] } }, type: string): Condition | null {
  return object.status.conditions?.find((condition) => condition.type === type) ?? null;
}

export function isReady(object: Node | Pod): boolean {
  return conditionOf(object, 'Ready')?.status === 'True';
}

export function isControlPlane(node: Node): boolean {
  return Object.hasOwn(node.metadata.labels ?? {}, CONTROL_PLANE_LABEL);
}

/** Static pods are shown in the API by a mirror that only the kubelet can end. */
export function isMirror(pod: Pod): boolean {
  return Object.hasOwn(pod.metadata.annotations ?? {}, 'kubernetes.io/config.mirror');
}

export function controllerOf(pod: Pod): { readonly kind: string; readonly name: string } | null {
  return pod.metadata.ownerReferences?.find((owner) => owner.controller === true) ?? null;
}

export function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

export function podName(pod: Pod): string {
  return `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`;
}
