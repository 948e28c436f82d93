import type { ApiObject } from '../../model.ts';
import { timestamp } from '../conditions.ts';
import { isEnding, podOf } from '../kinds.ts';
import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery } from '../machinery.ts';
import { RESOURCES } from '../resources.ts';
import { createWorkQueue } from '../work-queue.ts';
import { deletePod } from './delete-pod.ts';

/** Resources whose objects others may belong to, pods apart, which have an index of their own. */
const OWNED = ['replicasets', 'jobs'] as const;

/** Deletes what belonged to a deleted owner, and everything in a namespace that ends. */
export function createGarbageCollector(machinery: Machinery): { stop(): void } {
  const { store, index, clock } = machinery;
  const orphans = createWorkQueue(clock, CONTROLLER_DELAY_MS, collect);
  const namespaces = createWorkQueue(clock, CONTROLLER_DELAY_MS, empty);

  function collect(uid: string): void {
    for (const pod of index.ownedBy(uid)) if (!isEnding(pod)) deletePod(machinery, pod);
    for (const resource of OWNED) {
      for (const object of store.list(resource)) if (object.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) store.remove(resource, object.metadata.namespace ?? null, object.metadata.name);
    }
  }

  function empty(name: string): void {
    let left = 0;
    for (const { plural, namespaced } of RESOURCES) {
      if (!namespaced) continue;
      for (const object of store.list(plural)) {
        if (object.metadata.namespace !== name) continue;
        if (plural !== 'pods' && !isHeld(object)) store.remove(plural, name, object.metadata.name);
        else if (plural !== 'pods') {
          left += 1;
          if (!isEnding(object)) store.put(plural, { ...object, metadata: { ...object.metadata, deletionTimestamp: timestamp(clock.now()) } });
        } else {
          left += 1;
          if (!isEnding(object)) deletePod(machinery, podOf(object));
        }
      }
    }
    // A pod takes its grace; whatever was made meanwhile goes in the next round.
    if (left === 0) store.remove('namespaces', null, name);
    else clock.after(1_000, () => empty(name));
  }

  const unsubscribe = store.subscribe(({ resource, type, object }) => {
    if (type === 'DELETED' && resource !== 'pods' && resource !== 'events' && resource !== 'leases') orphans.add(object.metadata.uid ?? '');
    if (resource === 'namespaces' && type === 'MODIFIED' && isEnding(object)) namespaces.add(object.metadata.name);
  });
  return { stop: unsubscribe };
}

/** Whether a finalizer keeps it. */
function isHeld(object: ApiObject): boolean {
  const finalizers = object.metadata['finalizers'];
  return Array.isArray(finalizers) && finalizers.length > 0;
}

/** Marks a namespace as ending, as the API does when it is deleted. */
export function terminated(namespace: ApiObject, nowMs: number): ApiObject {
  return { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: timestamp(nowMs) }, status: { phase: 'Terminating' } };
}

export function isTerminating(machinery: Pick<Machinery, 'store'>, namespace: string): boolean {
  const found = machinery.store.get('namespaces', null, namespace);
  return found !== null && isEnding(found);
}

