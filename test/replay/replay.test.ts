import { DeterminismViolationError } from '@temporalio/workflow';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { INSPECTIONS } from '../../workflows/messages.ts';
import { UPGRADE_PHASES } from '../../workflows/domain/state.ts';
import { CONVERTER, workflowBundle } from '../support/temporal.ts';
import { bundleWithSwappedLines } from './broken-bundle.ts';
import { CLUSTER_STAGES } from './cluster-stages.ts';
import { currentVersion, keptHistories, readHistory } from './histories.ts';
import { NODE_STAGES } from './node-stages.ts';
import { RELEASE_STAGES } from './release-stages.ts';
import { RESTORE_STAGES } from './restore-stages.ts';
import { ROLLBACK_STAGES } from './rollback-stages.ts';

type Bundle = NonNullable<ReplayWorkerOptions['workflowBundle']>;

/** Stages of workflows that have ended; a node that is held has ended, and its upgrade waits. */
const OVER = /^(?:upgrade|restore)-cluster\/(?:done|rolled-back|failed|cancelled|continues)|^(?:upgrade|rollback)-node\/.*-(?:done|rolled-back|held|skipped|given-back)$/;

describe('replay', { timeout: 300_000 }, async () => {
  const kept = await keptHistories();
  const version = currentVersion();
  const own = (name: string): string => `${version}/${name}`;

  it('has a history of this version for each stage, and none beside', () => {
    const stages = [
      ...CLUSTER_STAGES.map(({ name }) => `upgrade-cluster/${name}`), ...NODE_STAGES.map(({ name }) => `upgrade-node/${name}`),
      ...ROLLBACK_STAGES.map(({ name }) => `rollback-node/${name}`),
      ...INSPECTIONS.map((name) => `inspect-cluster/${name}`), 'inspect-cluster/preflight-running',
      ...RELEASE_STAGES.map(({ name }) => `release-cluster/${name}`), ...RESTORE_STAGES.map(({ name }) => `restore-cluster/${name}`),
    ];
    assert.deepEqual(kept.filter((name) => name.startsWith(`${version}/`)), stages.map(own).toSorted(), 'Next: `node test/replay/record.ts` records them anew.');
  });

  it('has stages for every phase', () => {
    for (const phase of UPGRADE_PHASES) assert.ok(CLUSTER_STAGES.some(({ name }) => name.startsWith(phase)), phase);
  });

  for (const name of kept.filter((other) => /^(?:upgrade|rollback|restore)-/.test(other.slice(version.length + 1)) && other.startsWith(`${version}/`))) {
    const isOver = OVER.test(name.slice(version.length + 1));
    it(`holds a workflow that is ${isOver ? 'over' : 'under way'}: ${name}`, async () => {
      const last = (await readHistory(name)).events.at(-1)?.['eventType'];
      assert.equal(last === 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED' || last === 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW', isOver, String(last));
    });
  }

  describe('of every kept history', () => {
    let errors: ReadonlyMap<string, Error | undefined>;
    before(async () => { errors = await replay(await workflowBundle(), kept); });

    for (const name of kept) {
      it(`an upgrade that was under way goes on with this code: ${name}`, () => {
        const error = errors.get(name);
        if (error !== undefined) throw error;
      });
    }
  });

  const broken = [
    {
      workflow: 'upgradeNode', file: 'upgrade-node.ts', lines: ["step('waitNodeReady'", "step('uncordonNode'"],
      before: 'upgrade-node/worker-upgradeKubelet', after: ['upgrade-node/worker-waitNodeReady', 'upgrade-node/worker-done', 'upgrade-node/control-plane-done', 'upgrade-node/control-plane-retried-done'],
    },
    {
      workflow: 'upgradeCluster', file: 'upgrade-cluster.ts', lines: ["phase('workers'", "phase('addons'"],
      before: 'upgrade-cluster/control-plane', after: ['upgrade-cluster/addons', 'upgrade-cluster/done'],
    },
  ] as const;
  describe('of workflows with two steps swapped', () => {
    let errors: ReadonlyMap<string, Error | undefined>;
    // No history is of both workflows: one bundle holds both mistakes.
    before(async () => { errors = await replay(await bundleWithSwappedLines(broken), broken.flatMap((each) => [each.before, ...each.after]).map(own)); });

    for (const { workflow, before: unreached, after: reached } of broken) {
      it(`refuses ${workflow}, and only for what has come to them`, () => {
        assert.equal(errors.get(own(unreached)), undefined);
        for (const name of reached.map(own)) assert.ok(errors.get(name) instanceof DeterminismViolationError, `${name}: ${String(errors.get(name))}`);
      });
    }
  });
});

/** What went wrong with each history, by its name; nothing where it replays. */
async function replay(workflowBundle: Bundle, names: readonly string[]): Promise<ReadonlyMap<string, Error | undefined>> {
  const options = { workflowBundle, replayName: 'replay', dataConverter: CONVERTER } satisfies ReplayWorkerOptions;
  const histories = await Promise.all(names.map(async (name) => ({ workflowId: name, history: historyFromJSON(await readHistory(name)) })));
  const errors = new Map<string, Error | undefined>();
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) errors.set(workflowId, error);
  assert.equal(errors.size, names.length);
  return errors;
}
