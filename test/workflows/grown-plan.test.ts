import { WorkflowUpdateFailedError } from '@temporalio/client';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { approveSignal, pauseSignal } from '../../workflows/messages.ts';
import { devServer } from '../support/temporal.ts';
import { withNode, withoutNodes } from './fake-cluster.ts';
import { failing, nodeState, until, workflowTests } from './harness.ts';
import { approve, paused, resumed, runIdOf, SETTING, statesOf, STEPS, stepsOf } from './resume-trial.ts';

describe('a plan that grew while its upgrade was paused', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests(devServer);

  it('waits for a yes where the plan grew, refuses another hash, and then stages and upgrades what is new', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial);
      trial.cluster.become((plan) => withNode(withNode(plan, 'w8'), 'w9'));
      const { approval, state, planHash } = await resumed(trial);
      assert.deepEqual([state, approval?.kind, approval?.reason], ['paused', 'growth', 'the plan grew: w8, w9']);
      assert.deepEqual(approval?.growth.lines, ['w8: new in pool default, at v1.33.13', 'w9: new in pool default, at v1.33.13']);
      assert.notEqual(approval.planHash, planHash);
      await assert.rejects(approve(trial, planHash), (error) => error instanceof WorkflowUpdateFailedError && /waits for approval is p2-[0-9a-f]{64}, not hash: hash is not a plan hash/.test(error.cause?.message ?? ''));
      await trial.handle.signal(approveSignal, { planHash: 'guess', by: 'eve' });
      const refused = await until(trial, ({ decisions }) => decisions.some(({ by }) => by === 'eve'));
      assert.match(refused.decisions.at(-1)?.refusal ?? '', /not guess: guess is not a plan hash/);
      // Asked again, it looks again, and waits for the same.
      assert.deepEqual((await resumed(trial)).approval, approval);
      assert.deepEqual(trial.cluster.journal.filter((entry) => /drainNode w|w8|w9/.test(entry)), []);
      await approve(trial, approval.planHash);
      const report = await trial.handle.result();

      assert.deepEqual([report.state, report.planHash], ['done', approval.planHash]);
      assert.deepEqual(statesOf(report), ['w1 done', 'w2 done', 'w3 done', 'w4 done', 'w8 done new', 'w9 done new']);
      for (const name of ['w1', 'w4', 'w8', 'w9']) assert.deepEqual(stepsOf(trial, name), ['stageNode', ...STEPS], name);
      assert.deepEqual(report.decisions.filter(({ kind }) => kind === 'approve').map(({ by, reason, detail, refusal }) => [by, reason, detail, refusal === null]), [
        ['eve', '', 'plan guess', false], ['bob', 'seen', `plan ${approval.planHash}`, true],
      ]);
      assert.equal(trial.cluster.most(), 1);
    });
  });

  it('asks again where the cluster moved since it was approved', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial);
      trial.cluster.become((plan) => withNode(plan, 'w8'));
      const first = (await resumed(trial)).approval;
      assert.ok(first !== undefined);
      trial.cluster.become((plan) => withNode(withNode(plan, 'w8'), 'w9'));
      await approve(trial, first.planHash);
      const second = await until(trial, ({ approval }) => approval !== undefined && approval.planHash !== first.planHash);
      assert.deepEqual(second.approval?.growth.lines.map((line) => line.slice(0, 2)), ['w8', 'w9']);
      assert.ok(!trial.cluster.journal.includes('drainNode w1'));
      await trial.handle.signal(approveSignal, { planHash: second.approval?.planHash ?? '' });

      assert.equal((await trial.handle.result()).state, 'done');
      assert.deepEqual(stepsOf(trial, 'w9'), ['stageNode', ...STEPS]);
    });
  });

  it('goes on without what is new where that is asked for', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial);
      trial.cluster.become((plan) => withNode({ ...plan, nodes: plan.nodes.map((node) => (node.name === 'w2' ? { ...node, from: 'v1.33.11' } : node)) }, 'w9'));
      assert.ok((await resumed(trial)).approval !== undefined);
      await resumed(trial, { ignoreNew: true });
      const report = await trial.handle.result();

      assert.deepEqual([report.state, ...statesOf(report)], ['done', 'w1 done', 'w2 skipped left out', 'w3 done', 'w4 done']);
      assert.deepEqual(report.resumed?.changes.lines, ['w2: kubelet: was v1.33.13, is v1.33.11; left out', 'w9: new in pool default, at v1.33.13; left out']);
      assert.deepEqual([...stepsOf(trial, 'w2'), ...stepsOf(trial, 'w9')], ['stageNode']);
    });
  });

  it('keeps what waits over the boundary to a new history, beside a held node', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
    };
    await upgrade({ ...SETTING, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await trial.handle.signal(pauseSignal, { by: 'ann' });
      const runId = await runIdOf(trial);
      trial.cluster.become((plan) => withNode(withoutNodes(plan, ['w4']), 'w9'));
      const { approval, resumed: found } = await resumed(trial);
      while (await runIdOf(trial) === runId) await new Promise((resolve) => { setTimeout(resolve, 50); });
      const status = await until(trial, (now) => now.approval !== undefined);
      assert.deepEqual([status.approval, status.resumed, nodeState(status, 'w4'), status.state], [approval, found, 'skipped', 'held']);
      await trial.handle.signal('retryNode', { node: 'w1' });
      await until(trial, (now) => nodeState(now, 'w1') === 'done');
      assert.ok(!trial.cluster.journal.includes('upgradeKubeadm w2'));
      await approve(trial, approval?.planHash ?? '');
      const report = await trial.handle.result();

      assert.deepEqual([report.state, ...statesOf(report)], ['done', 'w1 done', 'w2 done', 'w3 done', 'w4 skipped gone', 'w9 done new']);
      assert.deepEqual(report.resumed?.changes.lines, ['w4: gone, left out', 'w9: new in pool default, at v1.33.13']);
      for (const name of ['w2', 'w9']) assert.deepEqual(stepsOf(trial, name), ['stageNode', ...STEPS]);
    });
  });

  it('upgrades a node that came when all others were through', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial, 'addons');
      trial.cluster.become((plan) => withNode(plan, 'w9'));
      await approve(trial, (await resumed(trial)).approval?.planHash ?? '');
      const report = await trial.handle.result();

      assert.deepEqual([report.state, ...statesOf(report)], ['done', 'w1 done', 'w2 done', 'w3 done', 'w4 done', 'w9 done new']);
      assert.deepEqual(stepsOf(trial, 'w1'), ['stageNode', ...STEPS]);
      assert.ok(trial.cluster.journal.indexOf('uncordonNode w9') < trial.cluster.journal.indexOf('verifyCluster cluster'));
    });
  });
});
