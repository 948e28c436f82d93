import type { Payload, PayloadCodec } from '@temporalio/common';
import { gunzipSync, gzip } from 'node:zlib';
import { promisify } from 'node:util';

/** Payloads of at least this many bytes are compressed; smaller ones stay readable in the Web UI. */
export const LEAST_BYTES = 16 * 1024;

const ENCODING = 'encoding';
/** What the encoding was before. */
const INNER = 'capstan-encoding';
const GZIP = 'binary/gzip';

const compress = promisify(gzip);

/**
 * Keeps plans, states and reports of large clusters small in histories. The data of a compressed payload is the gzip of what it was,
 * so that `base64 -d | gunzip` reads it. Whoever reads such payloads needs it: the worker, the command line, a replay.
 */
export const compressingCodec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encoded)),
  decode: async (payloads) => payloads.map(decodedPayload),
};

async function encoded(payload: Payload): Promise<Payload> {
  const { data, metadata } = payload;
  if (!data || data.length < LEAST_BYTES) return payload;
  const smaller = await compress(data);
  if (smaller.length >= data.length) return payload;
  return { ...payload, metadata: { ...metadata, [INNER]: metadata?.[ENCODING] ?? new Uint8Array(), [ENCODING]: new TextEncoder().encode(GZIP) }, data: smaller };
}

/** A payload as it was before it was compressed; any other as it is. */
export function decodedPayload(payload: Payload): Payload {
  const { data, metadata } = payload;
  const inner = metadata?.[INNER];
  if (!data || !inner || new TextDecoder().decode(metadata[ENCODING]) !== GZIP) return payload;
  const { [INNER]: _inner, ...rest } = metadata;
  return { ...payload, metadata: { ...rest, [ENCODING]: inner }, data: gunzipSync(data) };
}
