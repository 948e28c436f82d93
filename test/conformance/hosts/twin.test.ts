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

/** Cases that no real host has been asked yet: each leaves this list when the lab is recorded anew. */
const UNRECORDED: readonly string[] = [
  'roll back at the version that runs', 'roll back to a version that was not recorded', 'roll back without a record',
  'what a control-plane node has for a restore', 'what a worker without a record has for a restore', 'keys of etcd on a worker',
  'restore of a snapshot that is not on the host', 'stop of a control plane without a restored snapshot', 'restore of a control plane that runs', 'start of a control plane that was not restored',
  'a worker in a restore at the version that runs',
];

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
      const all = await runCases(await twinPlace(context, recorded, way));
      const seen = all.filter(({ name }) => !UNRECORDED.includes(name) || recorded.seen.some((each) => each.name === name));
      for (const [index, each] of recorded.seen.entries()) assert.deepEqual(seen[index], each);
      assert.equal(seen.length, recorded.seen.length);
    });
  }
}
