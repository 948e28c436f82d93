import type { Clock } from '../clock.ts';
import type { ApiObject, Contents, Store, StoreEvent } from '../model.ts';
import { randomOf } from '../random.ts';
import { timestamp } from './conditions.ts';
import { isEqual } from './equal.ts';
import { keyOf } from './kinds.ts';
import { differences } from './store-differences.ts';

/** Resources whose `metadata.generation` counts changes of their spec. */
const COUNTED: ReadonlySet<string> = new Set(['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'poddisruptionbudgets', 'validatingwebhookconfigurations', 'mutatingwebhookconfigurations']);
/** Events of a resource that a watch can still begin from: the watch cache of the real server keeps as few. */
const KEPT_EVENTS = 2_000;
/** The first version: as on a real cluster, no object has a version of one digit. */
const FIRST_VERSION = 1_000;

/** What happened to one resource lately. */
interface History {
  events: StoreEvent[];
  /** Version of the newest event that is forgotten. */
  forgotten: number;
}

/** The store, and what only a server needs of it. */
export interface EventStore extends Store {
  /** Events of a resource after a version, oldest first; null where some of them are forgotten. */
  since(resource: string, version: number): readonly StoreEvent[] | null;
  /** Forgets all events so far. */
  compact(): void;
  size(resource: string): number;
}

export function createStore(clock: Clock, seed: number): EventStore {
  const collections = new Map<string, Map<string, ApiObject>>();
  const histories = new Map<string, History>();
  const listeners = new Set<(event: StoreEvent) => void>();
  const restoreListeners = new Set<(before: Contents) => void>();
  const undelivered: StoreEvent[] = [];
  const ids = randomOf(seed, 'uid');
  let version = FIRST_VERSION;
  let delivering = false;

  function collection(resource: string): Map<string, ApiObject> {
    let found = collections.get(resource);
    if (found === undefined) {
      found = new Map();
      collections.set(resource, found);
    }
    return found;
  }

  function remember(event: StoreEvent): void {
    let history = histories.get(event.resource);
    if (history === undefined) {
      history = { events: [], forgotten: FIRST_VERSION };
      histories.set(event.resource, history);
    }
    history.events.push(event);
    if (history.events.length < 2 * KEPT_EVENTS) return;
    const dropped = history.events.splice(0, KEPT_EVENTS);
    history.forgotten = dropped.at(-1)?.version ?? history.forgotten;
  }

  /** A listener that writes must not let others see its event before the one it answers. */
  function deliver(...events: readonly StoreEvent[]): void {
    for (const event of events) if (event.restored !== true) remember(event);
    undelivered.push(...events);
    if (delivering) return;
    delivering = true;
    try {
      for (let next = undelivered.shift(); next !== undefined; next = undelivered.shift()) {
        for (const listener of listeners) listener(next);
      }
    } finally {
      delivering = false;
    }
  }

  function put(resource: string, object: ApiObject): ApiObject {
    const objects = collection(resource);
    const key = keyOf(object);
    const known = objects.get(key);
    version += 1;
    const stored: ApiObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: known?.metadata.uid ?? object.metadata.uid ?? newUid(ids.unit),
        resourceVersion: String(version),
        creationTimestamp: known?.metadata.creationTimestamp ?? object.metadata.creationTimestamp ?? timestamp(clock.now()),
        ...generationOf(resource, object, known),
      },
    };
    objects.set(key, stored);
    deliver({ type: known === undefined ? 'ADDED' : 'MODIFIED', resource, object: stored, version, ...(known === undefined ? {} : { previous: known }) });
    return stored;
  }

  function contents(): Contents {
    return new Map([...collections].map(([resource, objects]) => [resource, [...objects.values()]]));
  }

  function restore(former: Contents, wanted: number): void {
    const before = contents();
    version = Math.max(version + 1, wanted);
    const resources = new Set([...before.keys(), ...former.keys()]);
    for (const resource of resources) {
      collections.set(resource, new Map((former.get(resource) ?? []).map((object) => [keyOf(object), object])));
      histories.set(resource, { events: [], forgotten: version });
    }
    deliver(...[...resources].flatMap((resource) => differences(resource, before.get(resource) ?? [], former.get(resource) ?? [], version)));
    for (const listener of restoreListeners) listener(before);
  }

  function get(resource: string, namespace: string | null, name: string): ApiObject | null {
    return collections.get(resource)?.get(`${namespace ?? ''}/${name}`) ?? null;
  }

  return {
    get version() {
      return version;
    },
    get,
    list: (resource) => [...(collections.get(resource)?.values() ?? [])],
    put,
    update: (resource, namespace, name, change) => {
      const known = get(resource, namespace, name);
      if (known === null) return null;
      const changed = change(known);
      return changed === known ? known : put(resource, changed);
    },
    remove: (resource, namespace, name) => {
      const known = get(resource, namespace, name);
      if (known === null) return;
      collections.get(resource)?.delete(`${namespace ?? ''}/${name}`);
      version += 1;
      const object = { ...known, metadata: { ...known.metadata, resourceVersion: String(version) } };
      deliver({ type: 'DELETED', resource, object, version, previous: known });
    },
    contents,
    restore,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    onRestore: (listener) => {
      restoreListeners.add(listener);
      return () => {
        restoreListeners.delete(listener);
      };
    },
    since: (resource, from) => {
      const history = histories.get(resource);
      if (from < (history?.forgotten ?? FIRST_VERSION)) return null;
      if (history === undefined) return [];
      return history.events.slice(firstAfter(history.events, from));
    },
    compact: () => {
      version += 1;
      for (const resource of collections.keys()) histories.set(resource, { events: [], forgotten: version });
    },
    resources: () => [...collections.keys()],
    size: (resource) => collections.get(resource)?.size ?? 0,
  };
}

/** Place of the first event after a version. Versions only rise. */
function firstAfter(events: readonly StoreEvent[], version: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.version ?? 0) > version) high = middle;
    else low = middle + 1;
  }
  return low;
}

function generationOf(resource: string, object: ApiObject, known: ApiObject | undefined): { readonly generation?: number } {
  if (!COUNTED.has(resource)) return {};
  if (known === undefined) return { generation: object.metadata.generation ?? 1 };
  const before = known.metadata.generation ?? 1;
  const same = known['spec'] === object['spec'] || isEqual(known['spec'], object['spec']);
  return { generation: same ? before : before + 1 };
}

/** A UUID of version 4 by chance that can be repeated. */
function newUid(unit: () => number): string {
  let digits = '';
  for (let part = 0; part < 4; part += 1) digits += Math.floor(unit() * 4_294_967_296).toString(16).padStart(8, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}
