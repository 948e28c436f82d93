import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelSignal, pauseSignal, reportQuery, retryNodeSignal } from '../../workflows/messages.ts';
import { devServer } from '../support/temporal.ts';
import { waitBeating } from '../support/wait-beating.ts';
import { failing, gate, nodeState, stopped, stuckDrain, until, untilHistory, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';

/** The upgrade has passed its cancellation on to the node. */
async function untilCancelled(trial: Trial, node: string): Promise<void> {
  await untilHistory(trial, node, (events) => events.some((event) => event.workflowExecutionCancelRequestedEventAttributes));
}

function steps({ cluster }: Trial, node: string): readonly string[] {
  return cluster.journal.filter((entry) => entry.endsWith(` ${node}`)).map((entry) => entry.split(' ')[0] ?? '');
}

describe('a cancelled upgrade', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('interrupts a drain, gives cordon, taint and lock back, and tells who cancelled it and why', async () => {
    const drain = stuckDrain('w1');
    await upgrade({ workers: 3, behave: drain.behave }, async (trial) => {
      await drain.reached;
      await trial.handle.signal(cancelSignal, { by: 'ann', reason: 'wrong cluster' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'cancelled');
      assert.deepEqual(report.decisions.map(({ kind, by, reason, refusal }) => [kind, by, reason, refusal]), [['cancel', 'ann', 'wrong cluster', null]]);
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.deepEqual(trial.cluster.journal.slice(-2), ['releaseTaints cluster', 'releaseLease cluster']);
      assert.ok(!trial.cluster.journal.includes('upgradeKubeadm w2'));
    });
  });

  for (const way of ['by signal', 'in Temporal'] as const) {
    it(`finishes a worker whose kubelet is being changed, and starts no other: cancelled ${way}`, async () => {
      const kubelet = stopped('upgradeKubelet', 'w1');
      await upgrade({ controlPlanes: 1, workers: 3, behave: kubelet.behave }, async (trial) => {
        await kubelet.reached;
        if (way === 'by signal') await trial.handle.signal(cancelSignal, {});
        else await trial.handle.cancel();
        await untilCancelled(trial, 'w1');
        kubelet.release();
        const report = await trial.handle.result();

        assert.equal(report.state, 'cancelled');
        assert.equal(report.nodes.find(({ name }) => name === 'w1')?.state, 'done');
        assert.deepEqual(steps(trial, 'w1'), ['stageNode', 'upgradeKubeadm', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode']);
        assert.deepEqual(steps(trial, 'w2'), ['stageNode']);
        assert.equal(report.decisions.at(-1)?.kind, 'cancel');
        assert.equal(report.decisions.at(-1)?.reason, way === 'by signal' ? '' : 'requested in Temporal');
      });
    });
  }

  it('lets kubeadm end on a control-plane node, and leaves its kubelet as it is', async () => {
    const member = stopped('upgradeEtcdMember', 'cp2');
    await upgrade({ behave: member.behave }, async (trial) => {
      await member.reached;
      await trial.handle.signal(cancelSignal, {});
      await untilCancelled(trial, 'cp2');
      member.release();
      const report = await trial.handle.result();

      assert.equal(report.state, 'cancelled');
      assert.deepEqual(steps(trial, 'cp2'), ['stageNode', 'upgradeKubeadm', 'upgradeEtcdMember', 'apply', 'uncordonNode']);
      assert.deepEqual(steps(trial, 'cp3'), ['stageNode']);
    });
  });

  it('stops a node that nothing has changed yet at its next boundary', async () => {
    const kubeadm = stopped('upgradeKubeadm', 'w1');
    await upgrade({ controlPlanes: 1, behave: kubeadm.behave }, async (trial) => {
      await kubeadm.reached;
      await trial.handle.signal(cancelSignal, {});
      await untilCancelled(trial, 'w1');
      kubeadm.release();

      assert.equal((await trial.handle.result()).nodes.find(({ name }) => name === 'w1')?.state, 'skipped');
      assert.deepEqual(steps(trial, 'w1'), ['stageNode', 'upgradeKubeadm', 'uncordonNode']);
    });
  });

  it('ends while it is paused, with a node that has to be finished first', async () => {
    const kubelet = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, behave: kubelet.behave }, async (trial) => {
      await kubelet.reached;
      await trial.handle.signal(pauseSignal, { now: true });
      await trial.handle.signal(cancelSignal, {});
      await untilCancelled(trial, 'w1');
      kubelet.release();
      const report = await trial.handle.result();

      assert.equal(report.state, 'cancelled');
      assert.equal(report.nodes.find(({ name }) => name === 'w1')?.state, 'done');
    });
  });

  it('ends while a node is held, releases its cordon, and hears no other word meanwhile', async () => {
    const releasing = stopped('uncordonNode', 'w1');
    const behave = async (step: string, node: string): Promise<void> => {
      if (step === 'upgradeKubelet' && node === 'w1') throw failing('kubelet did not start');
      await releasing.behave(step, node);
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await trial.handle.signal(cancelSignal, { by: 'ann' });
      await releasing.reached;
      await trial.handle.signal(retryNodeSignal, { node: 'w1', by: 'bob' });
      const { decisions } = await trial.handle.query(reportQuery);
      assert.match(decisions.at(-1)?.refusal ?? '', /being cancelled since .*, by ann/);
      releasing.release();

      assert.equal((await trial.handle.result()).state, 'cancelled');
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.deepEqual(steps(trial, 'w1').filter((step) => step === 'upgradeKubelet'), []);
    });
  });
});

describe('an upgrade cancelled while a step runs that ends by itself', { timeout: 600_000 }, () => {
  // A real server: the step may end while the cancel is taken up.
  const { upgrade } = workflowTests(devServer);

  it('holds no node whose drain failed in the moment in which it was cut off', async () => {
    const reached = gate();
    const cutOff = gate();
    const behave = async (step: string, node: string): Promise<void> => {
      if (step !== 'drainNode' || node !== 'w1') return;
      reached.open();
      await waitBeating(cutOff.opened);
      // Temporal tries nothing again that it was asked to end.
      throw new Error('the API server is away');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await reached.opened;
      await trial.handle.signal(cancelSignal, {});
      await untilHistory(trial, 'w1', (events) => events.some((event) => event.activityTaskCancelRequestedEventAttributes));
      cutOff.open();
      const report = await trial.handle.result();

      assert.equal(report.state, 'cancelled');
      assert.equal(report.nodes.find(({ name }) => name === 'w1')?.state, 'skipped');
      assert.deepEqual([...trial.cluster.cordoned], []);
    });
  });

  it('changes nothing where it is cancelled before it began', async () => {
    const lease = stopped('acquireLease', 'cluster');
    await upgrade({ behave: lease.behave }, async (trial) => {
      await lease.reached;
      await trial.handle.signal(cancelSignal, {});
      lease.release();

      assert.equal((await trial.handle.result()).state, 'cancelled');
      assert.deepEqual(trial.cluster.journal.filter((entry) => !/Lease/.test(entry)), []);
      assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
    });
  });
});
