import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import { casesFor } from './cases.ts';
import { runCases } from './run-cases.ts';
import type { Seen } from './run-cases.ts';
import { twinPlace } from './twin-place.ts';
import type { Likeness } from './twin-place.ts';

/** What real hosts of each version said when the lab was last asked; `test/lab/host-conformance.lab.ts` writes it with UPDATE_GOLDEN=1. */
const RECORDED = join(import.meta.dirname, 'real-hosts');

interface Recorded extends Likeness {
  readonly seen: readonly Seen[];
}

test('every script of the worker is among the cases', () => {
  const facts = { version: 'v1.33.13', target: 'v1.34.4', repository: '', members: ['cp1', 'cp2'], ids: ['1', '2'], worker: 'w1' };
  assert.deepEqual(new Set(casesFor(facts).map(({ script }) => script)), new Set(Object.keys(SCRIPTS)));
});

for (const file of readdirSync(RECORDED)) {
  const recorded: Recorded = JSON.parse(readFileSync(join(RECORDED, file), 'utf8'));
  for (const way of ['shell', 'recognised'] as const) {
    test(`a twin's hosts answer every case as real ones of ${recorded.version} did (${way})`, async (context) => {
      const seen = await runCases(await twinPlace(context, recorded, way));
      for (const [index, each] of recorded.seen.entries()) assert.deepEqual(seen[index], each);
      assert.equal(seen.length, recorded.seen.length);
    });
  }
}
