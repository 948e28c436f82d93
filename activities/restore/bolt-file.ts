import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** A file of bbolt, the database that etcd keeps its data in (https://github.com/etcd-io/bbolt, `internal/common/page.go`), read only. */
export interface BoltFile {
  /** Keys and values of a top-level bucket, in the order of the keys; nothing where there is no such bucket. */
  entries(bucket: string): AsyncGenerator<BoltElement>;
  close(): Promise<void>;
}

export type BoltElement = readonly [key: Buffer, value: Buffer, flags: number];

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const HEADER = 16;
/** Of an element in a page, branch or leaf. */
const ELEMENT = 16;
const BRANCH_PAGE = 0x01;
const LEAF_PAGE = 0x02;
const BUCKET_ELEMENT = 0x01;
/** Neighbours in the tree are often neighbours in the file: it is read in blocks of this many bytes. */
const BLOCK = 1024 * 1024;
const BLOCKS = 16;

/**
 * Opens a file. It is the reader's to see that nobody writes to it.
 *
 * @throws Error where it is no file of bbolt
 */
export async function openBoltFile(path: string): Promise<BoltFile> {
  const file = await open(path, 'r');
  try {
    const read = blockReader(file);
    const { pageSize, root } = await readMeta(read);
    return {
      close: () => file.close(),
      async *entries(bucket) {
        for await (const [key, value, flags] of walk(read, pageSize, root)) {
          if (key.toString('latin1') !== bucket || (flags & BUCKET_ELEMENT) === 0) continue;
          yield* entriesOf(read, pageSize, value);
          return;
        }
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

type Read = (at: number, bytes: number) => Promise<Buffer>;

/** A bucket's value is its root page and a sequence; a small bucket has its only page right behind, and the root 0. */
async function* entriesOf(read: Read, pageSize: number, bucket: Buffer): AsyncGenerator<BoltElement> {
  const root = Number(bucket.readBigUInt64LE(0));
  if (root === 0) yield* leafElements(bucket.subarray(HEADER));
  else yield* walk(read, pageSize, root);
}

async function* walk(read: Read, pageSize: number, id: number): AsyncGenerator<BoltElement> {
  const header = await read(id * pageSize, HEADER);
  const flags = header.readUInt16LE(8);
  const page = await read(id * pageSize, (header.readUInt32LE(12) + 1) * pageSize);
  if ((flags & LEAF_PAGE) !== 0) yield* leafElements(page);
  else if ((flags & BRANCH_PAGE) !== 0) for (const child of childrenOf(page)) yield* walk(read, pageSize, child);
  else throw new Error(`page ${String(id)} is neither a branch nor a leaf`);
}

function* leafElements(page: Buffer): Generator<BoltElement> {
  const count = page.readUInt16LE(10);
  for (let index = 0; index < count; index += 1) {
    const at = HEADER + index * ELEMENT;
    const key = at + page.readUInt32LE(at + 4);
    const value = key + page.readUInt32LE(at + 8);
    yield [page.subarray(key, value), page.subarray(value, value + page.readUInt32LE(at + 12)), page.readUInt32LE(at)];
  }
}

function childrenOf(page: Buffer): readonly number[] {
  return Array.from({ length: page.readUInt16LE(10) }, (_, index) => Number(page.readBigUInt64LE(HEADER + index * ELEMENT + 8)));
}

/** Two pages of the file say where its tree begins, written in turns: the one of the later transaction counts. */
async function readMeta(read: Read): Promise<{ readonly pageSize: number; readonly root: number }> {
  const first = metaOf(await read(0, HEADER + 64));
  const second = metaOf(await read(first?.pageSize ?? 4096, HEADER + 64));
  const latest = [first, second].flatMap((meta) => meta ?? []).toSorted((one, other) => Number(other.transaction - one.transaction))[0];
  if (latest === undefined) throw new Error('it is no database of etcd');
  return latest;
}

function metaOf(page: Buffer): { readonly pageSize: number; readonly root: number; readonly transaction: bigint } | null {
  if (page.length < HEADER + 64 || page.readUInt32LE(HEADER) !== MAGIC || page.readUInt32LE(HEADER + 4) !== VERSION) return null;
  if (page.readBigUInt64LE(HEADER + 56) !== checksumOf(page.subarray(HEADER, HEADER + 56))) return null;
  return { pageSize: page.readUInt32LE(HEADER + 8), root: Number(page.readBigUInt64LE(HEADER + 16)), transaction: page.readBigUInt64LE(HEADER + 48) };
}

/** FNV-1a, 64 bits. */
function checksumOf(bytes: Buffer): bigint {
  let sum = 0xcbf29ce484222325n;
  for (const byte of bytes) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  return sum;
}

/** Reads any range, by way of the blocks that were read last. A range beyond the end is shorter. */
function blockReader(file: FileHandle): Read {
  const blocks = new Map<number, Buffer>();
  const blockAt = async (number: number): Promise<Buffer> => {
    const known = blocks.get(number);
    if (known !== undefined) return known;
    const block = Buffer.alloc(BLOCK);
    const { bytesRead } = await file.read(block, 0, BLOCK, number * BLOCK);
    const oldest = blocks.keys().next();
    if (blocks.size >= BLOCKS && oldest.done !== true) blocks.delete(oldest.value);
    blocks.set(number, block.subarray(0, bytesRead));
    return block.subarray(0, bytesRead);
  };
  return async (at, bytes) => {
    const parts: Buffer[] = [];
    for (let number = Math.floor(at / BLOCK); number * BLOCK < at + bytes; number += 1) {
      const block = await blockAt(number);
      parts.push(block.subarray(Math.max(0, at - number * BLOCK), Math.min(block.length, at + bytes - number * BLOCK)));
    }
    const [only, ...more] = parts;
    return only !== undefined && more.length === 0 ? only : Buffer.concat(parts);
  };
}
