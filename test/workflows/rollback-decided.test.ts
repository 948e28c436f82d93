import { WorkflowUpdateFailedError } from '@temporalio/client';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelSignal, resolveHoldUpdate, rollbackUpdate, setPolicyUpdate, skipNodeSignal } from '../../workflows/messages.ts';
import { failing, gate, nodeState, until, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';

const LIMIT = { timeout: 600_000 };

/** Holds w1 at its kubelet, and keeps its drain on the way back from ending until `release`. */
function stuckOnTheWayBack(): { readonly behave: (step: string, node: string, call: number) => void; readonly reached: Promise<void>; readonly release: () => void } {
  const reached = gate();
  let isStuck = true;
  return {
    reached: reached.opened, release: () => { isStuck = false; },
    behave: (step, node, call) => {
      if (node !== 'w1') return;
      if (step === 'upgradeKubelet') throw failing('kubelet did not start');
      if (step !== 'drainNode' || call === 1 || !isStuck) return;
      reached.open();
      throw new Error('a budget allows none now');
    },
  };
}

async function takeBack(trial: Trial): Promise<void> {
  await until(trial, (status) => nodeState(status, 'w1') === 'held');
  await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'rollback', by: 'ann', reason: 'broken package' }] });
}

describe('a node on its way back', LIMIT, () => {
  const { upgrade } = workflowTests();

  it('hears a word to force its drain', LIMIT, async () => {
    const drain = stuckOnTheWayBack();
    await upgrade({ controlPlanes: 1, behave: drain.behave }, async (trial) => {
      await takeBack(trial);
      await drain.reached;
      await until(trial, (status) => nodeState(status, 'w1') === 'draining');
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'force-drain', confirm: trial.handle.workflowId.slice('upgrade/'.length) }] });
      await until(trial, () => trial.cluster.drains.some(({ node, force }) => node.name === 'w1' && force === true));
      drain.release();
      const report = await trial.handle.result();

      assert.equal(report.nodes.find(({ name }) => name === 'w1')?.state, 'rolled-back');
      assert.deepEqual([...trial.cluster.cordoned], []);
    });
  });

  it('is left before its host changes where the upgrade is cancelled or the node skipped, with no cordon', LIMIT, async () => {
    for (const word of ['cancel', 'skip'] as const) {
      const drain = stuckOnTheWayBack();
      await upgrade({ controlPlanes: 1, behave: drain.behave }, async (trial) => {
        await takeBack(trial);
        await drain.reached;
        if (word === 'cancel') await trial.handle.signal(cancelSignal, { by: 'ann' });
        else await trial.handle.signal(skipNodeSignal, { node: 'w1', by: 'ann' });
        const report = await trial.handle.result();

        assert.deepEqual([report.state, report.nodes.find(({ name }) => name === 'w1')?.state], [word === 'cancel' ? 'cancelled' : 'done', 'skipped']);
        assert.ok(!trial.cluster.journal.includes('rollbackNode w1'));
        assert.deepEqual([...trial.cluster.cordoned], []);
      });
    }
  });

  it('goes back, and is not skipped, where the spec skips what fails and all workers go back', LIMIT, async () => {
    const reached = gate();
    const said = gate();
    const behave = async (step: string, node: string): Promise<void> => {
      if (step !== 'drainNode' || node !== 'w2') return;
      reached.open();
      await said.opened;
      throw failing('no room');
    };
    await upgrade({ controlPlanes: 1, workers: 3, maxUnavailable: 2, behave, spec: (spec) => ({ ...spec, strategy: { onFailure: 'skip-within-budget' } }) }, async (trial) => {
      await reached.opened;
      await until(trial, (status) => nodeState(status, 'w1') === 'done');
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers', by: 'ann' }] });
      said.open();
      const report = await trial.handle.result();

      assert.equal(report.state, 'rolled-back');
      assert.equal(report.nodes.find(({ name }) => name === 'w2')?.state, 'rolled-back');
    });
  });
});

describe('workers that go back', LIMIT, () => {
  const { upgrade } = workflowTests();

  it('go by the window that a person has set', LIMIT, async () => {
    const both = [gate(), gate()];
    let waiting = 0;
    const behave = async (step: string, node: string): Promise<void> => {
      if (step === 'upgradeKubelet' && node === 'w4') throw failing('kubelet did not start');
      if (step !== 'rollbackNode' || node === 'w4') return;
      both[waiting]?.open();
      waiting += 1;
      // The next one is let in while this one is not through.
      await both[1]?.opened;
    };
    await upgrade({ controlPlanes: 1, workers: 4, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w4') === 'held');
      await trial.handle.executeUpdate(setPolicyUpdate, { args: [{ maxUnavailable: 2, by: 'ann' }] });
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers', by: 'ann' }] });
      const report = await trial.handle.result();

      assert.equal(report.state, 'rolled-back');
      assert.equal(trial.cluster.most(), 2);
    });
  });

  it('are not asked for by a decision about a held node, and a node that is done is none', LIMIT, async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'upgradeKubelet' && node === 'w2') throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w2') === 'held');
      const resolve = (message: object): Promise<unknown> => trial.environment.client.workflow.getHandle(trial.handle.workflowId).executeUpdate(resolveHoldUpdate.name, { args: [message] });
      for (const [message, reason] of [[{ decision: 'rollback', scope: 'workers' }, /no node is named/], [{ decision: 'rollback', node: 'w1' }, /w1 is done, not held/]] as const) {
        await assert.rejects(resolve(message), (error) => error instanceof WorkflowUpdateFailedError && reason.test(error.cause?.message ?? ''));
      }
      await trial.handle.signal(cancelSignal, {});
      assert.deepEqual((await trial.handle.result()).decisions.map(({ kind }) => kind), ['cancel']);
    });
  });
});
