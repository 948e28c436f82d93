import type { Pod } from '../../../activities/kubernetes/objects.ts';
import { controllerOf } from '../../../activities/nodes/ready.ts';
import type { World } from './world.ts';

/** `namespace/name` of the workload that a pod belongs to, its Deployment rather than its ReplicaSet; of the pod itself where it has none. */
export function workloadOfPod({ cluster: { store } }: Pick<World, 'cluster'>, pod: Pod): string {
  const namespace = pod.metadata.namespace ?? 'default';
  const owner = controllerOf(pod);
  if (owner === null) return `${namespace}/${pod.metadata.name}`;
  const above = owner.kind === 'ReplicaSet' ? store.get('replicasets', namespace, owner.name)?.metadata.ownerReferences?.find(({ controller }) => controller === true) : undefined;
  return `${namespace}/${above?.name ?? owner.name}`;
}

export function isDaemonPod(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'DaemonSet';
}
