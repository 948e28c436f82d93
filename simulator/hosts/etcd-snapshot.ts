import { createHash } from 'node:crypto';
import type { Contents } from '../model.ts';

/** One of etcd's keys and the revision of its last write. Values are left out: nothing reads them. */
export interface EtcdKey {
  readonly key: string;
  readonly revision: number;
}

// A file of bbolt: https://github.com/etcd-io/bbolt, `internal/common/page.go`, `meta.go` and `bucket.go`.
const PAGE = 4096;
const HEADER = 16;
const ELEMENT = 16;
const BRANCH_PAGE = 0x01;
const LEAF_PAGE = 0x02;
const META_PAGE = 0x04;
const FREELIST_PAGE = 0x10;
const BUCKET_ELEMENT = 0x01;
const MAGIC = 0xed0cdaed;
const VERSION = 2;
const FREELIST = 2;
/** Keys of a leaf: they are short. */
const LEAF_KEYS = 256;
const SUM_BYTES = 32;
/** Where the API server keeps a resource under another name than the API's. Source: k8s.io/kubernetes, `pkg/kubeapiserver/default_storage_factory_builder.go`. */
const KEPT_AS: Readonly<Record<string, string>> = { nodes: 'minions', services: 'services/specs' };

/** The keys under which the API server keeps these objects, in the order of their names. */
export function etcdKeysOf(contents: Contents): readonly EtcdKey[] {
  const keys = [...contents].flatMap(([resource, objects]) => objects.map(({ metadata }): EtcdKey => ({
    key: ['/registry', KEPT_AS[resource] ?? resource, ...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name].join('/'),
    revision: Number(metadata.resourceVersion ?? 1),
  })));
  return keys.toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

/** What `etcdctl snapshot save` writes of these keys: etcd's database, and behind it the SHA-256 that a restore compares. */
export function snapshotBytes(keys: readonly EtcdKey[]): Buffer {
  const pages: Buffer[] = [];
  const append = (page: Buffer): number => {
    const id = FREELIST + 1 + pages.reduce((count, { length }) => count + length / PAGE, 0);
    page.writeBigUInt64LE(BigInt(id), 0);
    pages.push(page);
    return id;
  };
  const rows = keys.toSorted((one, other) => one.revision - other.revision).map((row) => [revisionKey(row.revision), keyValue(row)] as const);
  const leaves = Array.from({ length: Math.max(1, Math.ceil(rows.length / LEAF_KEYS)) }, (_, index) => rows.slice(index * LEAF_KEYS, (index + 1) * LEAF_KEYS));
  const children = leaves.map((leaf) => [leaf[0]?.[0] ?? Buffer.alloc(0), append(leafPage(leaf, 0))] as const);
  const bucket = Buffer.alloc(HEADER);
  bucket.writeBigUInt64LE(BigInt(append(branchPage(children))), 0);
  const root = append(leafPage([[Buffer.from('key'), bucket]], BUCKET_ELEMENT));
  const end = FREELIST + 1 + pages.reduce((count, { length }) => count + length / PAGE, 0);
  const freelist = pageOf(FREELIST_PAGE, 0, 0);
  freelist.writeBigUInt64LE(BigInt(FREELIST), 0);
  const database = Buffer.concat([metaPage(0, root, end), metaPage(1, root, end), freelist, ...pages]);
  return Buffer.concat([database, createHash('sha256').update(database).digest()]);
}

/** The SHA-256 behind a snapshot, hex, by which it is known; null where the file is too short for one. */
export function sumInSnapshot(file: Buffer): string | null {
  return file.length < SUM_BYTES ? null : file.subarray(-SUM_BYTES).toString('hex');
}

/** False for a snapshot that was damaged. */
export function isWhole(file: Buffer): boolean {
  return createHash('sha256').update(file.subarray(0, -SUM_BYTES)).digest('hex') === sumInSnapshot(file);
}

/** etcd keeps each write under its revision: two numbers of 8 bytes, the second one for several writes of one transaction. */
function revisionKey(revision: number): Buffer {
  const key = Buffer.alloc(17, '_');
  key.writeBigUInt64BE(BigInt(revision), 0);
  key.writeBigUInt64BE(0n, 9);
  return key;
}

/** mvccpb.KeyValue (etcd, `api/mvccpb/kv.proto`) with its key and its `mod_revision`. */
function keyValue({ key, revision }: EtcdKey): Buffer {
  const name = Buffer.from(key);
  return Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name, Buffer.from([0x18, ...varint(revision)])]);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}

function leafPage(rows: readonly (readonly [key: Buffer, value: Buffer])[], flags: number): Buffer {
  const bytes = rows.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const page = pageOf(LEAF_PAGE, rows.length, bytes);
  let at = HEADER + rows.length * ELEMENT;
  for (const [index, [key, value]] of rows.entries()) {
    const element = HEADER + index * ELEMENT;
    for (const [field, number] of [flags, at - element, key.length, value.length].entries()) page.writeUInt32LE(number, element + field * 4);
    at += key.copy(page, at);
    at += value.copy(page, at);
  }
  return page;
}

function branchPage(children: readonly (readonly [key: Buffer, id: number])[]): Buffer {
  const page = pageOf(BRANCH_PAGE, children.length, children.reduce((sum, [key]) => sum + key.length, 0));
  let at = HEADER + children.length * ELEMENT;
  for (const [index, [key, id]] of children.entries()) {
    const element = HEADER + index * ELEMENT;
    page.writeUInt32LE(at - element, element);
    page.writeUInt32LE(key.length, element + 4);
    page.writeBigUInt64LE(BigInt(id), element + 8);
    at += key.copy(page, at);
  }
  return page;
}

/** A page with room for so many elements and bytes, over as many pages of the file as it takes. */
function pageOf(flags: number, elements: number, bytes: number): Buffer {
  const pages = Math.max(1, Math.ceil((HEADER + elements * ELEMENT + bytes) / PAGE));
  const page = Buffer.alloc(pages * PAGE);
  page.writeUInt16LE(flags, 8);
  page.writeUInt16LE(elements, 10);
  page.writeUInt32LE(pages - 1, 12);
  return page;
}

function metaPage(id: number, root: number, end: number): Buffer {
  const page = pageOf(META_PAGE, 0, 0);
  page.writeBigUInt64LE(BigInt(id), 0);
  for (const [field, number] of [MAGIC, VERSION, PAGE, 0].entries()) page.writeUInt32LE(number, HEADER + field * 4);
  for (const [field, number] of [root, 0, FREELIST, end, id].entries()) page.writeBigUInt64LE(BigInt(number), HEADER + 16 + field * 8);
  page.writeBigUInt64LE(checksumOf(page.subarray(HEADER, HEADER + 56)), HEADER + 56);
  return page;
}

/** FNV-1a, 64 bits. */
function checksumOf(bytes: Buffer): bigint {
  let sum = 0xcbf29ce484222325n;
  for (const byte of bytes) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  return sum;
}
