import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';
import { pauseSignal, resolveHoldUpdate, resumeSignal, retryNodeSignal, rollbackSignal, rollbackUpdate } from '../../workflows/messages.ts';
import type { RollbackMessage } from '../../workflows/messages.ts';
import { gate, nodeState, stopped, until, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';

type Behave = (step: string, node: string, call: number) => void;

const LIMIT = { timeout: 600_000 };

function fails(step: string, node: string, calls = 1): Behave {
  return (at, on, call) => {
    if (at !== step || on !== node || call > calls) return;
    throw ApplicationFailure.create({ message: `${step} failed`, type: 'HostStepFailed', nonRetryable: true });
  };
}

function held(node: string): (status: UpgradeStatus) => boolean {
  return (status) => nodeState(status, node) === 'held';
}

function stateOf(report: UpgradeReport, node: string): string | undefined {
  return report.nodes.find(({ name }) => name === node)?.state;
}

/** What happened to a node after its first roll back began. */
function stepsBack({ cluster }: Trial, node: string, begin: string): readonly string[] {
  const own = cluster.journal.filter((entry) => entry.endsWith(` ${node}`)).map((entry) => entry.split(' ')[0] ?? '');
  return own.slice(own.lastIndexOf(begin));
}

async function refused({ handle }: Trial, message: RollbackMessage): Promise<string> {
  try {
    await handle.executeUpdate(rollbackUpdate, { args: [message] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return error.cause?.message ?? '';
    throw error;
  }
  assert.fail('it was not refused');
}

describe('a roll back', LIMIT, () => {
  const { upgrade } = workflowTests();

  it('takes a held worker back, drained, and the upgrade goes on with the others', LIMIT, async () => {
    await upgrade({ controlPlanes: 1, behave: fails('upgradeKubelet', 'w1') }, async (trial) => {
      await until(trial, held('w1'));
      const { kind, node, refusal } = await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'node', node: 'w1', by: 'ann', reason: 'broken package' }] });
      assert.deepEqual([kind, node, refusal], ['rollback', 'w1', null]);
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.deepEqual([stateOf(report, 'w1'), stateOf(report, 'w2')], ['rolled-back', 'done']);
      assert.deepEqual(stepsBack(trial, 'w1', 'drainNode'), ['drainNode', 'rollbackNode', 'waitNodeReady', 'uncordonNode']);
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.deepEqual(report.decisions.map((decision) => [decision.kind, decision.node, decision.by, decision.reason]), [['rollback', 'w1', 'ann', 'broken package']]);
    });
  });

  it('cordons a worker whose kubelet has not changed, and does not drain it', LIMIT, async () => {
    await upgrade({ controlPlanes: 1, behave: fails('upgradeKubeadm', 'w1') }, async (trial) => {
      await until(trial, held('w1'));
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'rollback', by: 'ann' }] });
      const report = await trial.handle.result();
      assert.equal(stateOf(report, 'w1'), 'rolled-back');
      assert.deepEqual(stepsBack(trial, 'w1', 'cordonNode'), ['cordonNode', 'rollbackNode', 'waitNodeReady', 'uncordonNode']);
      assert.ok(!trial.cluster.journal.includes('drainNode w1'));
    });
  });

  it('that fails holds the node again, and a retry goes on where it failed', LIMIT, async () => {
    const behave: Behave = (step, node, call) => {
      fails('upgradeKubelet', 'w1')(step, node, call);
      fails('rollbackNode', 'w1')(step, node, call);
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, held('w1'));
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'node', node: 'w1' }] });
      const status = await until(trial, (seen) => held('w1')(seen) && seen.nodes.some(({ name, step }) => name === 'w1' && step === 'rollbackNode'));
      assert.equal(status.state, 'held');
      assert.match(await refused(trial, { scope: 'node', node: 'w1' }), /w1 is held on its way back: `capstan retry w1`/);
      await trial.handle.signal(retryNodeSignal, { node: 'w1' });
      const report = await trial.handle.result();
      assert.equal(stateOf(report, 'w1'), 'rolled-back');
      assert.deepEqual(trial.cluster.journal.filter((entry) => entry === 'drainNode w1').length, 2);
    });
  });

  it('takes an upgraded worker back while others are upgraded', LIMIT, async () => {
    const stop = stopped('upgradeKubelet', 'w3');
    await upgrade({ controlPlanes: 1, behave: stop.behave, workers: 3, maxUnavailable: 2 }, async (trial) => {
      await stop.reached;
      await until(trial, (status) => nodeState(status, 'w1') === 'done');
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'node', node: 'w1', by: 'ann' }] });
      await until(trial, (status) => nodeState(status, 'w1') === 'rolled-back');
      stop.release();
      const report = await trial.handle.result();
      assert.deepEqual(['w1', 'w2', 'w3'].map((node) => stateOf(report, node)), ['rolled-back', 'done', 'done']);
      assert.equal(report.state, 'done');
      assert.ok(trial.cluster.most() <= 2);
    });
  });

  it('of all workers goes newest first through the window, starts no other, and ends as rolled-back', LIMIT, async () => {
    await upgrade({ controlPlanes: 1, behave: fails('upgradeKubelet', 'w4'), workers: 5 }, async (trial) => {
      await until(trial, held('w4'));
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers', by: 'ann', reason: 'errors rise' }] });
      const report = await trial.handle.result();

      assert.equal(report.state, 'rolled-back');
      assert.deepEqual(['w1', 'w2', 'w3', 'w4', 'w5'].map((node) => stateOf(report, node)), ['rolled-back', 'rolled-back', 'rolled-back', 'rolled-back', 'pending']);
      assert.deepEqual(trial.cluster.journal.filter((entry) => entry.startsWith('rollbackNode')), ['rollbackNode w4', 'rollbackNode w3', 'rollbackNode w2', 'rollbackNode w1']);
      assert.equal(trial.cluster.most(), 1);
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.ok(trial.cluster.journal.includes('releaseLease cluster') && trial.cluster.journal.includes('releaseTaints cluster'));
      assert.match(report.findings.find(({ check }) => check === 'rolled-back')?.message ?? '', /4 workers are back .*as ann decided \(errors rise\)\. The control plane stays at v1\.34\.4/);
    });
  });

  it('of all workers waits for who is in flight, and for a resume', LIMIT, async () => {
    const reached = gate();
    const open = gate();
    const behave = async (step: string, node: string, call: number): Promise<void> => {
      if (step !== 'upgradeKubelet' || node !== 'w2' || call > 1) return;
      reached.open();
      await open.opened;
    };
    await upgrade({ controlPlanes: 1, behave, workers: 3 }, async (trial) => {
      await reached.opened;
      await trial.handle.signal(pauseSignal, { by: 'ann' });
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers' }] });
      open.open();
      await until(trial, (status) => nodeState(status, 'w2') === 'done' && status.state === 'paused');
      assert.ok(!trial.cluster.journal.some((entry) => entry.startsWith('rollbackNode')));
      await trial.handle.signal(resumeSignal, {});
      const report = await trial.handle.result();
      assert.deepEqual(['w1', 'w2', 'w3'].map((node) => stateOf(report, node)), ['rolled-back', 'rolled-back', 'pending']);
    });
  });

  it('is refused where it cannot be done, with the reason, and nothing changes', LIMIT, async () => {
    await upgrade({ behave: fails('apply', 'cp2') }, async (trial) => {
      await until(trial, held('cp2'));
      assert.match(await refused(trial, { scope: 'node', node: 'cp2' }), /kubeadm may have changed the control plane of cp2: it cannot go back alone/);
      assert.match(await refused(trial, { scope: 'node', node: 'w9' }), /no node w9/);
      assert.match(await refused(trial, { scope: 'node', node: 'w1' }), /w1 has not begun/);
      assert.match(await refused(trial, { scope: 'workers' }), /phase control-plane/);
      assert.match(await refused(trial, { scope: 'node' }), /needs the name of a node/);
      // A person's typing in the Web UI.
      const typed: unknown = { scope: 'node', node: 'cp2', force: true };
      await trial.handle.signal('rollback', typed);
      const status = await until(trial, ({ decisions }) => decisions.length > 0);
      assert.deepEqual(status.decisions.map(({ kind, refusal }) => [kind, refusal?.slice(0, 19)]), [['rollback', 'unknown field force']]);
      assert.equal(nodeState(status, 'cp2'), 'held');
      assert.ok(status.wayBack?.some((line) => /control plane of .*cp2.*: no way back alone, only by the etcd snapshot/.test(line)));
      await trial.handle.signal(retryNodeSignal, { node: 'cp2' });
      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('takes a control-plane node back that kubeadm has not changed, and no worker is upgraded then', LIMIT, async () => {
    await upgrade({ behave: fails('upgradeKubeadm', 'cp2') }, async (trial) => {
      await until(trial, held('cp2'));
      await trial.handle.signal(rollbackSignal, { scope: 'node', node: 'cp2' });
      const report = await trial.handle.result();
      assert.deepEqual([report.state, stateOf(report, 'cp2'), stateOf(report, 'w1')], ['failed', 'rolled-back', 'pending']);
      assert.ok(!trial.cluster.journal.includes('drainNode cp2'));
      assert.match(report.failure?.message ?? '', /cp2 was skipped or rolled back/);
    });
  });

  it('that is held when the upgrade is cancelled leaves no cordon', LIMIT, async () => {
    const behave: Behave = (step, node, call) => {
      fails('upgradeKubelet', 'w1')(step, node, call);
      fails('rollbackNode', 'w1', 9)(step, node, call);
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, held('w1'));
      await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'node', node: 'w1' }] });
      await until(trial, (seen) => held('w1')(seen) && seen.nodes.some(({ name, step }) => name === 'w1' && step === 'rollbackNode'));
      assert.ok(trial.cluster.cordoned.has('w1'));
      await trial.handle.cancel();
      const report = await trial.handle.result();
      assert.equal(report.state, 'cancelled');
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.ok(trial.cluster.journal.includes('releaseLease cluster'));
    });
  });

  it('is decided by the spec for as many workers as may be down, and a person decides on the next', LIMIT, async () => {
    const behave: Behave = (step, node, call) => {
      for (const each of ['w1', 'w2']) fails('upgradeKubelet', each)(step, node, call);
    };
    await upgrade({ controlPlanes: 1, behave, workers: 3, spec: (spec) => ({ ...spec, strategy: { onFailure: 'rollback-node' } }) }, async (trial) => {
      const status = await until(trial, held('w2'));
      assert.equal(nodeState(status, 'w1'), 'rolled-back');
      assert.deepEqual(status.decisions.map(({ kind, node, by, reason }) => [kind, node, by, reason]), [['rollback', 'w1', 'the spec', 'strategy.onFailure: rollback-node']]);
      await trial.handle.signal(retryNodeSignal, { node: 'w2' });
      const report = await trial.handle.result();
      assert.deepEqual(['w1', 'w2', 'w3'].map((node) => stateOf(report, node)), ['rolled-back', 'done', 'done']);
    });
  });
});
