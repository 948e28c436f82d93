import { ApplicationFailure } from '@temporalio/common';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryNodeSignal, rollbackUpdate } from '../../workflows/messages.ts';
import { devServer } from '../support/temporal.ts';
import { nodeState, until, workflowTests } from './harness.ts';

/** Few enough events that a run holds a handful of nodes. */
const LIMITS = { events: 80, lookMs: 1_000 };

describe('a roll back that goes on in a new history', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests(devServer);

  it('takes every upgraded worker back once, newest first, with nodes on their way and a held one at the boundaries', async () => {
    const behave = (step: string, node: string, call: number): void => {
      const isBroken = (step === 'upgradeKubelet' && node === 'w12') || (step === 'rollbackNode' && node === 'w4' && call === 1);
      if (isBroken) throw ApplicationFailure.create({ message: `${step} failed`, type: 'HostStepFailed', nonRetryable: true });
    };
    await upgrade({ controlPlanes: 1, workers: 14, maxUnavailable: 3, limits: LIMITS, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w12') === 'held');
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers', by: 'ann', reason: 'errors rise' }] });
      await until(trial, (status) => nodeState(status, 'w4') === 'held');
      await trial.handle.signal(retryNodeSignal, { node: 'w4' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'rolled-back', JSON.stringify(report.failure));
      const upgraded = report.nodes.filter(({ name }) => trial.cluster.journal.includes(`upgradeKubelet ${name}`) || name === 'w12').map(({ name }) => name);
      assert.ok(upgraded.length >= 12);
      assert.deepEqual(report.nodes.filter(({ state }) => state === 'rolled-back').map(({ name }) => name), upgraded.filter((name) => name !== 'cp1'));
      const back = trial.cluster.journal.filter((entry) => entry.startsWith('rollbackNode '));
      assert.deepEqual(back.toSorted(), upgraded.filter((name) => name !== 'cp1').map((name) => `rollbackNode ${name}`).toSorted());
      assert.ok(back.indexOf('rollbackNode w12') < back.indexOf('rollbackNode w1'));
      assert.ok(trial.cluster.most() <= 3);
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.deepEqual(report.decisions.map(({ kind, detail, by, reason }) => [kind, detail, by, reason]), [['rollback', 'workers', 'ann', 'errors rise'], ['retry', '', 'unknown', '']]);
      assert.ok((await runs(trial.handle.workflowId, trial.environment)) >= 4);
    });
  });
});

/** How many histories the upgrade went through. */
async function runs(workflowId: string, { client }: { readonly client: { readonly workflow: { list(options: { query: string }): AsyncIterable<unknown> } } }): Promise<number> {
  let count = 0;
  for await (const _ of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) count += 1;
  return count;
}
