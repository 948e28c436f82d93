import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { pauseSignal, resolveHoldUpdate, resumeSignal, retryNodeSignal, skipNodeSignal } from '../../workflows/messages.ts';
import { startFormer, untilRefused } from './former-try.ts';
import { failing, gate, nodeState, stopped, until, untilHistory, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';

describe('what the operator decides', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  /** Over an upgrade that tries w1 again and could not start that, because the workflow of the former try is still there. */
  async function retriedEarly(body: (trial: Trial, former: WorkflowHandle) => Promise<void>): Promise<void> {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      const former = await startFormer(trial, 'w1');
      await trial.handle.signal(retryNodeSignal, { node: 'w1' });
      await untilRefused(trial);
      await body(trial, former);
    });
  }

  it('gives back a control-plane node that is skipped while only its kubeadm package is changed', async () => {
    const stop = stopped('upgradeKubeadm', 'cp2');
    await upgrade({ behave: stop.behave }, async (trial) => {
      const { handle, cluster } = trial;
      await stop.reached;
      await handle.signal(skipNodeSignal, { node: 'cp2', by: 'ann' });
      // The upgrade passes it on to the node's own workflow.
      await untilHistory(trial, 'cp2', (events) => events.some((event) => event.workflowExecutionSignaledEventAttributes));
      stop.release();
      const report = await handle.result();

      assert.equal(report.state, 'failed');
      assert.equal(report.nodes.find((node) => node.name === 'cp2')?.state, 'skipped');
      assert.deepEqual(cluster.journal.filter((entry) => /^(?:upgradeEtcdMember|apply|node|drainNode) cp2$/.test(entry)), []);
    });
  });

  it('asks anew where a worker fails in the step that changes it, although it was to be skipped before', async () => {
    const reached = gate();
    const skipped = gate();
    const behave = async (step: string, node: string, call: number): Promise<void> => {
      if (step !== 'upgradeKubelet' || node !== 'w1' || call > 1) return;
      reached.open();
      await skipped.opened;
      throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await reached.opened;
      await trial.handle.signal(skipNodeSignal, { node: 'w1' });
      skipped.open();
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      assert.ok(trial.cluster.cordoned.has('w1'));
      await trial.handle.signal(retryNodeSignal, { node: 'w1' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.equal(report.nodes.find((node) => node.name === 'w1')?.state, 'done');
    });
  });

  it('tries a node again that was decided on before the workflow of its former try was gone', async () => {
    await retriedEarly(async (trial, former) => {
      await former.terminate();
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.equal(report.nodes.find((node) => node.name === 'w1')?.state, 'done');
      assert.equal(trial.cluster.journal.filter((entry) => entry === 'upgradeKubelet w1').length, 1);
    });
  });

  it('holds a node again whose former workflow does not end', async () => {
    await retriedEarly(async (trial, former) => {
      await trial.environment.sleep('2 minutes');
      const status = await until(trial, (now) => nodeState(now, 'w1') === 'held');
      assert.match(status.nodes.find((node) => node.name === 'w1')?.failure?.message ?? '', /of its former try still runs/);
      await former.terminate();
      await trial.handle.signal(retryNodeSignal, { node: 'w1' });

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('skips by itself what failed before its first change where the spec says so, within its budget, and then asks', async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'drainNode' && (node === 'w2' || node === 'w4')) throw failing('a budget allows none');
    };
    const spec: NonNullable<Parameters<typeof upgrade>[0]['spec']> = (own) => ({ ...own, strategy: { onFailure: 'skip-within-budget' } });
    await upgrade({ controlPlanes: 1, workers: 5, maxUnavailable: 2, behave, spec }, async (trial) => {
      const status = await until(trial, (now) => nodeState(now, 'w4') === 'held');
      assert.equal(nodeState(status, 'w2'), 'skipped');
      assert.ok(!trial.cluster.cordoned.has('w2'));
      assert.deepEqual(status.decisions.map(({ kind, node, by, reason }) => [kind, node, by, reason]), [['skip', 'w2', 'the spec', 'strategy.onFailure: skip-within-budget']]);
      await trial.handle.signal(skipNodeSignal, { node: 'w4' });

      assert.equal((await trial.handle.result()).state, 'done');
      assert.deepEqual([...trial.cluster.cordoned], []);
    });
  });

  it('keeps the slot of a node that is retried: no other node goes down beside it', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'drainNode' && node === 'w1' && call <= 3) throw failing('a budget allows none');
    };
    await upgrade({ controlPlanes: 1, workers: 3, behave }, async (trial) => {
      for (let tries = 1; tries <= 3; tries += 1) {
        await until(trial, (status) => nodeState(status, 'w1') === 'held' && trial.cluster.drains.filter(({ node }) => node.name === 'w1').length === tries);
        await trial.handle.signal(retryNodeSignal, { node: 'w1' });
      }

      assert.equal((await trial.handle.result()).state, 'done');
      assert.equal(trial.cluster.most(), 1);
    });
  });

  it('does all that is left of a node whose cordon could not be given back, when it is retried', async () => {
    let isAway = true;
    const reached = gate();
    const kept = gate();
    const behave = (step: string, node: string, call: number): void => {
      if (node !== 'w1') return;
      if (step === 'uncordonNode' && isAway) {
        // The node's own workflow tries to give it back, and then the upgrade.
        if (call === 2) kept.open();
        throw failing('the API server is away');
      }
      if (step !== 'drainNode' || !isAway) return;
      reached.open();
      throw new Error('a budget allows none now');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await reached.opened;
      await trial.handle.signal(skipNodeSignal, { node: 'w1' });
      await kept.opened;
      isAway = false;
      await retriedWhereHeld(trial, 'w1');
      const report = await trial.handle.result();

      assert.equal(report.nodes.find((node) => node.name === 'w1')?.state, 'done');
      assert.ok(trial.cluster.journal.includes('upgradeKubelet w1'));
    });
  });

  for (const [when, fails] of [['held', true], ['pending', false]] as const) {
    it(`pauses after a node that was ${when} and is then skipped`, async () => {
      const reached = gate();
      const said = gate();
      const behave = async (step: string, node: string): Promise<void> => {
        if (fails && step === 'upgradeKubelet' && node === 'w1') throw failing('kubelet did not start');
        if (step !== 'upgradeKubeadm' || node !== 'cp1') return;
        reached.open();
        await said.opened;
      };
      await upgrade({ controlPlanes: 1, behave }, async (trial) => {
        await reached.opened;
        await trial.handle.signal(pauseSignal, { after: 'w1', by: 'ann' });
        if (!fails) await trial.handle.signal(skipNodeSignal, { node: 'w1' });
        said.open();
        if (fails) {
          await until(trial, (status) => nodeState(status, 'w1') === 'held');
          await trial.handle.signal(skipNodeSignal, { node: 'w1' });
        }
        await until(trial, ({ state }) => state === 'paused');
        assert.ok(!trial.cluster.journal.includes('upgradeKubeadm w2'));
        await trial.handle.signal(resumeSignal);

        assert.equal((await trial.handle.result()).state, 'done');
      });
    });
  }

  it('goes on where a message of the Web UI holds nothing of use', async () => {
    const stop = stopped('upgradeKubeadm', 'cp1');
    await upgrade({ controlPlanes: 1, behave: stop.behave }, async ({ handle }) => {
      await stop.reached;
      for (const name of ['skipNode', 'retryNode', 'pause', 'resume']) {
        for (const args of [[], [null], ['w1'], [{ node: 7, from: {}, after: 3 }]]) await handle.signal(name, ...args);
      }
      await handle.signal(resumeSignal);
      stop.release();

      assert.equal((await handle.result()).state, 'done');
    });
  });
});

/** Tries a node again once nobody gives it back any more: until then the word is refused. */
async function retriedWhereHeld({ handle }: Trial, node: string): Promise<void> {
  for (;;) {
    try {
      await handle.executeUpdate(resolveHoldUpdate, { args: [{ node, decision: 'retry' }] });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError) || !/is being given back/.test(error.cause?.message ?? '')) throw error;
    }
  }
}
