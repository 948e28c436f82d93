import type { Payload, PayloadCodec } from '@temporalio/common';
import { gunzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';

/** Payloads of at least this many bytes are compressed; smaller ones stay readable in the Web UI. */
export const LEAST_BYTES = 16 * 1024;

/**
 * Whoever may send to a workflow may send a few bytes that become gigabytes, and they stay in its history. A payload of ours at 5,000
 * nodes has some 2 MiB, what a rehearsal reads a few more, and gets smaller by a factor of 6 to 30; what becomes more than this is not one
 * of ours. Both bounds are needed: many small payloads come in one piece of a history. The codec does not know what a payload is for: the
 * bound of messages, which is far lower, is in `workflows/payload-converter.ts`.
 */
export const MOST_BYTES = 16 * 1024 * 1024;
export const MOST_RATIO = 100;

const ENCODING = 'encoding';
/** What the encoding was before. */
const INNER = 'capstan-encoding';
/** Why a payload is still compressed; `workflows/payload-converter.ts` refuses it with that. */
const PROBLEM = 'capstan-problem';
const GZIP = 'binary/gzip';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * Keeps plans, states and reports of large clusters small in histories. The data of a compressed payload is the gzip of what it was,
 * so that `base64 -d | gunzip` reads it. Whoever reads such payloads needs it: the worker, the command line, a replay.
 * Decoding never throws: a payload that cannot be decompressed stays as it is, and says why.
 */
export const compressingCodec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encoded)),
  decode: decodedPayloads,
};

async function encoded(payload: Payload): Promise<Payload> {
  const { data, metadata } = payload;
  if (!data || data.length < LEAST_BYTES || data.length > MOST_BYTES) return payload;
  const smaller = await compress(data);
  if (smaller.length >= data.length || smaller.length * MOST_RATIO < data.length) return payload;
  return { ...payload, metadata: { ...metadata, [INNER]: metadata?.[ENCODING] ?? new Uint8Array(), [ENCODING]: bytesOf(GZIP) }, data: smaller };
}

/** Payloads as they were before they were compressed; any other as it is. One after the other: together they stay below the bound. */
export async function decodedPayloads(payloads: readonly Payload[]): Promise<Payload[]> {
  const decoded: Payload[] = [];
  let left = MOST_BYTES;
  for (const payload of payloads) {
    const next = await decodedPayload(payload, left);
    if (next !== payload) left -= next.data?.length ?? 0;
    decoded.push(next);
  }
  return decoded;
}

async function decodedPayload(payload: Payload, mostBytes: number): Promise<Payload> {
  const { data, metadata } = payload;
  const inner = metadata?.[INNER];
  if (!data || !inner || new TextDecoder().decode(metadata[ENCODING]) !== GZIP) return payload;
  const { [INNER]: _inner, ...rest } = metadata;
  const maxOutputLength = Math.max(1, Math.min(mostBytes, data.length * MOST_RATIO));
  try {
    return { ...payload, metadata: { ...rest, [ENCODING]: inner }, data: await decompress(data, { maxOutputLength }) };
  } catch (error) {
    return { ...payload, metadata: { ...metadata, [PROBLEM]: bytesOf(problemOf(error)) } };
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    ? `decompressed it would be larger than ${MOST_BYTES / 1024 / 1024} MiB, or than ${MOST_RATIO} times what it is`
    : 'it claims to be compressed with gzip, and is not';
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
