import type { ApiObject, Store } from '../model.ts';

/** What a twin's etcd snapshots stand for: the objects of the API at that moment. */
export interface EtcdData {
  /** Keeps what is in the API now, under the revision of the snapshot that is taken. */
  keep(revision: number): void;
  /** A member starts with data that was restored from a snapshot. True where most members have it now: the API's objects are those of then. */
  start(member: string, revision: number): boolean;
}

/** Content of a member's database that was not restored from a snapshot. */
export const LIVE_DATA = 'data of a running member\n';

/** Revision of the snapshot that a member's database was restored from; null where it was not. */
export function restoredRevision(text: string): number | null {
  const revision = /^etcd snapshot of .*\nrevision (\d+)\n/.exec(text)?.[1];
  return revision === undefined ? null : Number(revision);
}

export function createEtcdData(store: Store, members: number): EtcdData {
  const kept = new Map<number, ReadonlyMap<string, readonly ApiObject[]>>();
  let joined: { readonly revision: number; readonly names: Set<string> } | null = null;
  return {
    keep: (revision) => { kept.set(revision, new Map(store.resources().map((resource) => [resource, store.list(resource)]))); },
    start: (member, revision) => {
      // A member that comes a second time begins another restore.
      if (joined === null || joined.revision !== revision || joined.names.has(member)) joined = { revision, names: new Set() };
      joined.names.add(member);
      const objects = kept.get(revision);
      if (objects === undefined || joined.names.size !== Math.floor(members / 2) + 1) return false;
      putBack(store, objects);
      return true;
    },
  };
}

function putBack(store: Store, kept: ReadonlyMap<string, readonly ApiObject[]>): void {
  for (const resource of store.resources()) {
    const objects = kept.get(resource) ?? [];
    const names = new Map(objects.map((object) => [nameOf(object), object]));
    for (const object of store.list(resource)) {
      const former = names.get(nameOf(object));
      if (former === undefined || former.metadata.uid !== object.metadata.uid) store.remove(resource, object.metadata.namespace ?? null, object.metadata.name);
    }
    for (const object of objects) {
      const { namespace, name } = object.metadata;
      if (store.get(resource, namespace ?? null, name) !== object) store.put(resource, object);
    }
  }
}

function nameOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
