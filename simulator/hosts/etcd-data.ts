import type { Contents, Store } from '../model.ts';
import { etcdKeysOf, snapshotBytes, sumInSnapshot } from './etcd-snapshot.ts';

/** What a twin's etcd holds, which is what its API serves, and the snapshots that were taken of it. */
export interface EtcdData {
  /** Revision of the newest write. */
  revision(): number;
  /** Keeps what is there now; the file that `etcdctl snapshot save` writes of it. */
  save(version: string, takenAtMs: number): Buffer;
  /** The snapshot in a file; null where it is none of this cluster. */
  find(file: Buffer): TakenSnapshot | null;
  /** The snapshot with this SHA-256 behind its data. */
  get(sum: string): TakenSnapshot | null;
  /** A member starts with restored data. True where most members have it by now: etcd has them agreed, and the API's objects are those of then. */
  start(member: string, restored: RestoredData): boolean;
}

export interface TakenSnapshot {
  readonly sum: string;
  readonly revision: number;
  readonly keys: number;
  readonly bytes: number;
  /** Of the member, `3.5.24`. */
  readonly version: string;
  readonly takenAtMs: number;
}

/** What `etcdutl snapshot restore` makes, before the member starts with it. */
export interface RestoredData {
  /** SHA-256 behind the snapshot. */
  readonly sum: string;
  /** Names the new cluster: all of its members are restored with the same one. */
  readonly token: string;
  /** At which it goes on. */
  readonly revision: number;
}

/** Content of a member's database that was not restored from a snapshot, or that has started since. */
export const LIVE_DATA = 'data of a running member\n';

/** Stands for the database of a member that was restored and has not started. */
export function restoredText({ sum, token, revision }: RestoredData): string {
  return `restored from the etcd snapshot ${sum}\ntoken ${token}\nrevision ${String(revision)}\n`;
}

export function restoredData(text: string): RestoredData | null {
  const [, sum, token, revision] = /^restored from the etcd snapshot (\S+)\ntoken (.*)\nrevision (\d+)\n/.exec(text) ?? [];
  return sum === undefined || token === undefined ? null : { sum, token, revision: Number(revision) };
}

export function createEtcdData(store: Store, members: number): EtcdData {
  const snapshots = new Map<string, TakenSnapshot & { readonly contents: Contents }>();
  let joined: { readonly token: string; readonly names: Set<string> } | null = null;
  const get = (sum: string): TakenSnapshot | null => snapshots.get(sum) ?? null;
  return {
    revision: () => store.version,
    save: (version, takenAtMs) => {
      const contents = store.contents();
      const keys = etcdKeysOf(contents);
      const file = snapshotBytes(keys);
      const sum = sumInSnapshot(file) ?? '';
      snapshots.set(sum, { sum, revision: store.version, keys: keys.length, bytes: file.length, version, takenAtMs, contents });
      return file;
    },
    find: (file) => get(sumInSnapshot(file) ?? ''),
    get,
    start: (member, { sum, token, revision }) => {
      if (joined?.token !== token) joined = { token, names: new Set() };
      joined.names.add(member);
      const snapshot = snapshots.get(sum);
      if (snapshot === undefined || joined.names.size !== Math.floor(members / 2) + 1) return false;
      store.restore(snapshot.contents, revision);
      return true;
    },
  };
}
