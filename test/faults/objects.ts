import type { ApiObject } from '../../simulator/model.ts';

/** A field of plain JSON by its path; undefined where it is not there. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined), value);
}

export function isCordoned(node: ApiObject): boolean {
  return at(node, 'spec', 'unschedulable') === true;
}

export function nodeNameOf(pod: ApiObject): string | null {
  const name = at(pod, 'spec', 'nodeName');
  return typeof name === 'string' ? name : null;
}

/** `v1.34.4`; empty where the node names none. */
export function kubeletVersionOf(node: ApiObject): string {
  const version = at(node, 'status', 'nodeInfo', 'kubeletVersion');
  return typeof version === 'string' ? version : '';
}

export function isReady({ status }: ApiObject): boolean {
  const conditions = at(status, 'conditions');
  return Array.isArray(conditions) && conditions.some((condition) => at(condition, 'type') === 'Ready' && at(condition, 'status') === 'True');
}

export function isLeaving(pod: ApiObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Pods that a drain moves: not of a DaemonSet, no mirror of a static pod, not finished. */
export function isMovable(pod: ApiObject): boolean {
  const phase = at(pod, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return false;
  if (Object.hasOwn(pod.metadata.annotations ?? {}, 'kubernetes.io/config.mirror')) return false;
  return pod.metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') !== true;
}

/** Keys of the taints of a node. */
export function taintsOf(node: ApiObject): readonly string[] {
  const taints = at(node, 'spec', 'taints');
  return Array.isArray(taints) ? taints.flatMap((taint) => { const key = at(taint, 'key'); return typeof key === 'string' ? [key] : []; }) : [];
}
