import { openBoltFile } from './bolt-file.ts';

/** Revision of the last write of each key. Values of objects, which may be secrets, are not kept. */
export type KeyRevisions = ReadonlyMap<string, number>;

/** Where Kubernetes keeps its objects, unless the API server's `--etcd-prefix` says otherwise. */
export const REGISTRY = '/registry/';

/** etcd keeps each write under its revision: two numbers of 8 bytes, and a `t` behind where the key was deleted. */
const TOMBSTONE_LENGTH = 18;
const MAIN_REVISION = 0;
/** First field of mvccpb.KeyValue (etcd, `api/mvccpb/kv.proto`). */
const KEY_FIELD = 0x0a;

/**
 * Keys of Kubernetes' objects in an etcd snapshot, read from its file: no etcd runs for that.
 *
 * @throws Error where the file is no database of etcd
 */
export async function readSnapshotKeys(file: string): Promise<KeyRevisions> {
  const bolt = await openBoltFile(file);
  try {
    const revisions = new Map<string, number>();
    for await (const [revision, value] of bolt.entries('key')) {
      const key = keyOf(value);
      if (!key.startsWith(REGISTRY)) continue;
      if (revision.length === TOMBSTONE_LENGTH) revisions.delete(key);
      else revisions.set(key, Number(revision.readBigUInt64BE(MAIN_REVISION)));
    }
    return revisions;
  } finally {
    await bolt.close();
  }
}

/** The key is the first field, and its length a number in groups of 7 bits. */
function keyOf(value: Buffer): string {
  if (value[0] !== KEY_FIELD) return '';
  let length = 0;
  let at = 1;
  for (let shift = 0; at < value.length; shift += 7) {
    const byte = value[at] ?? 0;
    at += 1;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return value.toString('utf8', at, at + length);
}
