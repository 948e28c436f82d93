import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { CASES } from '../conformance/api/cases/index.ts';
import { RECORDED_FILE } from '../conformance/api/recorded.ts';
import { runCase } from '../conformance/api/run-cases.ts';
import { openSubject } from '../conformance/api/subject.ts';
import type { Subject } from '../conformance/api/subject.ts';
import { startTwinSubject } from '../conformance/api/twin.ts';
import { labFiles } from './files.ts';

/** Kubeconfig of the real API server; the lab's where it is not set. */
const kubeconfig = process.env['CAPSTAN_CONFORMANCE_KUBECONFIG'] ?? labFiles.kubeconfig;
/** Writes down what the real server answers, for the test that has no lab. */
const records = process.env['CAPSTAN_RECORD'] === '1';

describe('the twin and a real API server answer alike', { timeout: 600_000, concurrency: 4 }, () => {
  const answers = new Map<string, unknown>();
  let twin: Awaited<ReturnType<typeof startTwinSubject>>;
  let real: Subject;

  before(async () => {
    twin = await startTwinSubject();
    real = await openSubject(await readFile(kubeconfig, 'utf8'));
  });

  after(async () => {
    const version = await real.ask('GET', '/version');
    if (records) {
      const inOrder = Object.fromEntries(CASES.map(({ name }) => [name, answers.get(name) ?? null]));
      await writeFile(RECORDED_FILE, `${JSON.stringify({ server: version.body.gitVersion, answers: inOrder }, null, 1)}\n`);
    }
    real.close();
    await twin.stop();
  });

  for (const [place, each] of CASES.entries()) {
    test(each.name, async () => {
      const [simulated, actual] = await Promise.all([runCase(twin.api, each, place), runCase(real, each, place)]);
      answers.set(each.name, actual);
      assert.deepEqual(simulated, actual);
    });
  }
});
