import type { Payload } from '@temporalio/common';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { compressingCodec, LEAST_BYTES, MOST_BYTES, MOST_RATIO } from '../../codec/compress.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function claims(data: Uint8Array, inner = 'json/plain'): Payload {
  return { metadata: { encoding: bytes('binary/gzip'), 'capstan-encoding': bytes(inner) }, data };
}

/** Hardly compressible up to `least`, then zeros: its ratio is chosen by the two. */
function bombOf(size: number, least: number): Uint8Array {
  return gzipSync(Buffer.concat([randomBytes(least), Buffer.alloc(size - least)]), { level: 9 });
}

async function problemOf(payload: Payload): Promise<string> {
  const [back] = await compressingCodec.decode([payload]);
  assert.ok(back?.data === payload.data && back?.metadata?.['encoding'] === payload.metadata?.['encoding'], 'it stays as it is');
  return new TextDecoder().decode(back?.metadata?.['capstan-problem']);
}

describe('a payload that claims to be compressed', () => {
  for (const [what, data] of [
    ['is a text', bytes('nope')], ['is empty', new Uint8Array()], ['is cut', gzipSync(randomBytes(5_000)).subarray(0, 900)], ['is damaged', bytes('\u001f\u008bgarbage')],
  ] as const) it(`and ${what} stays as it is and says so`, async () => { assert.match(await problemOf(claims(data)), /claims to be compressed with gzip, and is not/); });

  it('and is bytes that become a hundred times as many stays as it is and says so', async () => {
    const data = bombOf(4 * 1024 * 1024, 16);
    assert.ok(data.length * MOST_RATIO < 4 * 1024 * 1024);
    assert.match(await problemOf(claims(data)), /larger than 16 MiB, or than 100 times/);
  });

  it('and becomes larger than the bound stays as it is, although its ratio is a usual one', async () => {
    const data = bombOf(MOST_BYTES + 1024 * 1024, MOST_BYTES / 50);
    assert.ok(data.length * MOST_RATIO > MOST_BYTES);
    assert.match(await problemOf(claims(data)), /larger than 16 MiB/);
  });

  it('and is compressed twice comes out once: the rest is an encoding that nobody reads', async () => {
    const inside = gzipSync(randomBytes(100));
    const [back] = await compressingCodec.decode([claims(gzipSync(inside), 'binary/gzip')]);
    assert.deepEqual([new TextDecoder().decode(back?.metadata?.['encoding']), Buffer.from(back?.data ?? [])], ['binary/gzip', inside]);
  });
});

describe('payloads that come together', () => {
  it('share the bound, and those after it are still read', async () => {
    const large = claims(bombOf(10 * 1024 * 1024, 1024 * 1024));
    const small = claims(gzipSync(bytes('{"node":"w1"}')));
    const back = await compressingCodec.decode([large, large, small]);
    assert.deepEqual(back.map(({ data, metadata }) => [data?.length, metadata?.['capstan-problem'] !== undefined]), [[10 * 1024 * 1024, false], [large.data?.length, true], [13, false]]);
  });

  it('are decompressed beside the event loop, which goes on', async () => {
    const large = claims(bombOf(15 * 1024 * 1024, 1024 * 1024));
    const decoding = compressingCodec.decode([large]);
    let turns = 0;
    let done = false;
    void decoding.finally(() => { done = true; });
    while (!done) {
      await turn();
      turns += 1;
    }
    assert.equal((await decoding)[0]?.data?.length, 15 * 1024 * 1024);
    assert.ok(turns > 10, `${turns} turns`);
  });
});

it('what the codec has compressed it reads: more than the ratio is left as it is', async () => {
  for (const value of ['x'.repeat(LEAST_BYTES * 40), JSON.stringify(Array.from({ length: 60_000 }, (_, index) => ({ name: `ip-10-0-${index}`, state: 'done' })))]) {
    const payload = { metadata: { encoding: bytes('json/plain') }, data: bytes(value) };
    const [back] = await compressingCodec.decode(await compressingCodec.encode([payload]));
    assert.ok(Buffer.from(back?.data ?? []).equals(payload.data));
    assert.deepEqual(back?.metadata, payload.metadata);
  }
});
