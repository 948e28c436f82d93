import { isEnding, isOver, isReadyPod, keyOf, ownerOf, workloadOf } from '../kinds.ts';
import type { Pod } from '../kinds.ts';
import { CONTROLLER_DELAY_MS, nameSuffix } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { createWorkQueue } from '../work-queue.ts';
import { newPod, withStatus } from './new-pod.ts';
import { deletePod } from './delete-pod.ts';

/** Keeps as many pods as each ReplicaSet asks for; a pod that is on its way out counts no more. */
export function createReplicaSets(machinery: Machinery): Settling {
  const { store, index, clock, seed } = machinery;
  const made = new Map<string, number>();
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, reconcile);

  function reconcile(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const found = store.get('replicasets', namespace, name);
    if (found === null || isEnding(found)) return;
    const set = workloadOf(found);
    const wanted = set.spec.replicas ?? 1;
    const owned = index.ownedBy(set.metadata.uid ?? '');
    const alive = owned.filter((pod) => !isEnding(pod) && !isOver(pod));
    for (let missing = wanted - alive.length; missing > 0; missing -= 1) {
      const number = (made.get(key) ?? 0) + 1;
      made.set(key, number);
      store.put('pods', newPod({ owner: set, name: `${name}-${nameSuffix(seed, key, number)}`, template: set.spec.template, nowMs: clock.now() }));
    }
    if (alive.length > wanted) for (const pod of alive.toSorted(leastMissed).slice(0, alive.length - wanted)) deletePod(machinery, pod);
    const ready = alive.filter(isReadyPod).length;
    store.update('replicasets', namespace, name, (object) =>
      withStatus(workloadOf(object), { replicas: Math.max(wanted, alive.length), fullyLabeledReplicas: Math.max(wanted, alive.length), readyReplicas: ready, availableReplicas: ready, observedGeneration: object.metadata.generation ?? 1 }));
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'replicasets' && (type === 'ADDED' || (type === 'MODIFIED' && previous?.['spec'] !== object['spec']))) queue.add(keyOf(object));
    if (resource !== 'pods') return;
    const owner = ownerOf(object);
    if (owner?.kind === 'ReplicaSet') queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
  });
  return { settle: () => queue.flush() };
}

/** Pods that serve nobody go first, then the youngest. */
function leastMissed(one: Pod, other: Pod): number {
  const difference = Number(isReadyPod(one)) - Number(isReadyPod(other));
  if (difference !== 0) return difference;
  return (one.metadata.creationTimestamp ?? '') < (other.metadata.creationTimestamp ?? '') ? 1 : -1;
}
