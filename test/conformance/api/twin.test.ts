import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CASES } from './cases/index.ts';
import { readRecorded } from './recorded.ts';
import { runCase } from './run-cases.ts';
import { startTwinSubject } from './twin.ts';

const recorded = readRecorded();

describe(`the twin's API answers as kube-apiserver ${recorded.server} did`, { timeout: 120_000, concurrency: 4 }, () => {
  let twin: Awaited<ReturnType<typeof startTwinSubject>>;

  before(async () => {
    twin = await startTwinSubject();
  });

  after(() => twin.stop());

  for (const [place, each] of CASES.entries()) {
    test(each.name, async () => {
      assert.ok(Object.hasOwn(recorded.answers, each.name), 'no real server was asked: record it with CAPSTAN_RECORD=1 and the lab');
      assert.deepEqual(await runCase(twin.api, each, place), recorded.answers[each.name]);
    });
  }
});

test('every case has a name of its own, and every recorded answer its case', () => {
  const names = CASES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(Object.keys(recorded.answers).filter((name) => !names.includes(name)), []);
  assert.ok(names.length >= 60);
});
