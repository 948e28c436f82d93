import type { ApiObject } from '../../model.ts';
import { timestamp } from '../conditions.ts';
import { finalizersOf, isEnding, podOf } from '../kinds.ts';
import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery } from '../machinery.ts';
import { RESOURCES } from '../resources.ts';
import { createWorkQueue } from '../work-queue.ts';
import { deletePod } from './delete-pod.ts';

/** Finalizers by which a deletion asks that what belongs to the object goes first, or stays without it. */
export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** Resources whose objects others may belong to, pods apart, which have an index of their own. */
const OWNED = ['replicasets', 'jobs'] as const;
const RETRY_MS = 1_000;

/** Deletes what belonged to a deleted owner, and everything in a namespace that ends. */
export function createGarbageCollector(machinery: Machinery): { stop(): void } {
  const { store, index, clock } = machinery;
  const orphans = createWorkQueue(clock, CONTROLLER_DELAY_MS, collect);
  const namespaces = createWorkQueue(clock, CONTROLLER_DELAY_MS, empty);
  const finalizing = createWorkQueue(clock, CONTROLLER_DELAY_MS, (place) => {
    const [resource = '', namespace = '', name = ''] = place.split(' ');
    finalize(resource, namespace, name);
  });

  function dependents(uid: string): readonly (readonly [resource: string, object: ApiObject])[] {
    const others = OWNED.flatMap((resource) => store.list(resource).filter((object) => isOwned(object, uid)).map((object) => [resource, object] as const));
    return [...index.ownedBy(uid).map((pod) => ['pods', pod] as const), ...others];
  }

  function collect(uid: string): void {
    for (const [resource, object] of dependents(uid)) {
      if (resource !== 'pods') store.remove(resource, object.metadata.namespace ?? null, object.metadata.name);
      else if (!isEnding(object)) deletePod(machinery, podOf(object));
    }
  }

  function finalize(resource: string, namespace: string, name: string): void {
    const object = store.get(resource, namespace, name);
    if (object === null || !isEnding(object)) return;
    const uid = object.metadata.uid ?? '';
    if (finalizersOf(object).includes(ORPHAN)) for (const [of, dependent] of dependents(uid)) store.put(of, disowned(dependent, uid));
    else collect(uid);
    // Pods take their grace.
    if (dependents(uid).length > 0) {
      clock.after(RETRY_MS, () => finalize(resource, namespace, name));
      return;
    }
    const finalizers = finalizersOf(object).filter((finalizer) => finalizer !== FOREGROUND && finalizer !== ORPHAN);
    if (finalizers.length === 0) store.remove(resource, namespace, name);
    else store.put(resource, { ...object, metadata: { ...object.metadata, finalizers } });
  }

  function empty(name: string): void {
    let left = 0;
    for (const { plural, namespaced } of RESOURCES) {
      if (!namespaced) continue;
      for (const object of store.list(plural)) {
        if (object.metadata.namespace !== name) continue;
        if (end(plural, object)) left += 1;
      }
    }
    // A pod takes its grace; whatever was made meanwhile goes in the next round.
    if (left === 0) store.remove('namespaces', null, name);
    else clock.after(RETRY_MS, () => empty(name));
  }

  /** Ends an object of a namespace that ends; true where it is not gone yet. */
  function end(resource: string, object: ApiObject): boolean {
    if (resource === 'pods') {
      if (!isEnding(object)) deletePod(machinery, podOf(object));
      return true;
    }
    if (finalizersOf(object).length === 0) {
      store.remove(resource, object.metadata.namespace ?? null, object.metadata.name);
      return false;
    }
    if (!isEnding(object)) store.put(resource, { ...object, metadata: { ...object.metadata, deletionTimestamp: timestamp(clock.now()) } });
    return true;
  }

  const unsubscribe = store.subscribe(({ resource, type, object }) => {
    if (type === 'DELETED' && resource !== 'pods' && resource !== 'events' && resource !== 'leases') orphans.add(object.metadata.uid ?? '');
    if (type !== 'MODIFIED' || !isEnding(object)) return;
    if (resource === 'namespaces') namespaces.add(object.metadata.name);
    const finalizers = finalizersOf(object);
    if (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN)) finalizing.add(`${resource} ${object.metadata.namespace ?? ''} ${object.metadata.name}`);
  });
  return { stop: unsubscribe };
}

function isOwned(object: ApiObject, uid: string): boolean {
  return object.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}

function disowned(object: ApiObject, uid: string): ApiObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid) } };
}

/** Marks a namespace as ending, as the API does when it is deleted. */
export function terminated(namespace: ApiObject, nowMs: number): ApiObject {
  return { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: timestamp(nowMs) }, status: { phase: 'Terminating' } };
}
