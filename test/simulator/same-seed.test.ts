/** The real worker upgrades twins of one seed twice. What is compared is the twins' own journals. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import type { JournalEntry } from '../../simulator/journal.ts';
import { FAST_TIMINGS } from '../support/twin.ts';
import { upgradeTwin } from './support/engine.ts';
import type { Engine } from './support/engine.ts';
import { startTestServerEngine } from './support/test-server-engine.ts';

const LIMIT_MS = 15 * 60_000;

describe('a twin of the same seed', { timeout: LIMIT_MS }, () => {
  let engine: Engine;
  before(async () => { engine = await startTestServerEngine(); });
  after(() => engine.close());

  for (const fault of [null, 'host-reboot'] as const) {
    test(`does the same twice on every node, ${fault === null ? 'without any fault' : `with the fault ${fault}`}`, { timeout: LIMIT_MS }, async () => {
      const journals: (readonly JournalEntry[])[] = [];
      await Promise.all(['one', 'two'].map((round) => {
        const description = generateCluster({
          name: `same-${fault ?? 'calm'}-${round}`, seed: 11, workers: 4, timings: FAST_TIMINGS, faults: fault === null ? [] : [{ name: fault, node: null }],
        });
        return upgradeTwin(engine, description, { seed: 11, speed: 20, maxUnavailable: 2 }, ({ twin, report }) => {
          assert.equal(report.state, 'done', JSON.stringify(report.failure));
          journals.push(description.nodes.flatMap(({ name }) => twin.journal.of(name)));
        });
      }));
      assert.ok((journals[0]?.length ?? 0) > 0);
      assert.deepEqual(journals[0], journals[1]);
    });
  }
});
