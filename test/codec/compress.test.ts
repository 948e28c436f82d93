import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { compressingCodec, LEAST_BYTES } from '../../codec/compress.ts';

async function throughCodec(value: unknown): Promise<{ readonly stored: Payload; readonly back: unknown }> {
  const [stored] = await compressingCodec.encode([defaultPayloadConverter.toPayload(value)]);
  assert.ok(stored);
  const [payload] = await compressingCodec.decode([stored]);
  assert.ok(payload);
  return { stored, back: defaultPayloadConverter.fromPayload(payload) };
}

test('a small payload stays as it is, readable in the Web UI', async () => {
  const { stored, back } = await throughCodec({ node: 'w1' });
  assert.equal(new TextDecoder().decode(stored.data ?? undefined), '{"node":"w1"}');
  assert.deepEqual(back, { node: 'w1' });
});

test('a large one is compressed, comes back equal, and can be read with gunzip', async () => {
  const value = { text: Array.from({ length: LEAST_BYTES / 10 }, (_, index) => `worker-node-${(index * 7919) % 997}`).join(' ') };
  const { stored, back } = await throughCodec(value);
  assert.ok((stored.data?.length ?? 0) < 8_000);
  assert.deepEqual(back, value);
  assert.deepEqual(JSON.parse(gunzipSync(stored.data ?? new Uint8Array()).toString()), value);
});

test('bytes that do not get smaller stay as they are', async () => {
  const bytes = new Uint8Array(randomBytes(LEAST_BYTES * 2));
  const { stored, back } = await throughCodec(bytes);
  assert.equal(stored.data?.length, bytes.length);
  assert.deepEqual(Buffer.from(back as Uint8Array), Buffer.from(bytes));
});

test('what was stored without it is still read', async () => {
  const payload = defaultPayloadConverter.toPayload({ text: 'x'.repeat(LEAST_BYTES * 2) });
  assert.deepEqual(await compressingCodec.decode([payload]), [payload]);
});
