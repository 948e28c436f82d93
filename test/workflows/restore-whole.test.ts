import { WorkflowUpdateFailedError } from '@temporalio/client';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { cancelSignal, pauseSignal, resolveHoldUpdate, rollbackSignal, rollbackUpdate } from '../../workflows/messages.ts';
import type { Behaviour } from './fake-cluster.ts';
import { failing, nodeState, stopped, until, workflowTests } from './harness.ts';
import type { Setting, Trial } from './harness.ts';

const LIMIT = { timeout: 600_000 };

function fails(step: string, node: string, times = 1): (step: string, node: string, call: number) => void {
  return (at, on, call) => {
    if (at === step && on === node && call <= times) throw failing(`${step} failed`);
  };
}

function stateOf(report: UpgradeReport, node: string): string | undefined {
  return report.nodes.find(({ name }) => name === node)?.state;
}

function whole({ handle }: Trial): { readonly scope: 'cluster'; readonly confirm: string; readonly by: string; readonly reason: string } {
  return { scope: 'cluster', confirm: handle.workflowId.slice('upgrade/'.length), by: 'ann', reason: 'errors rise' };
}

async function goBack(trial: Trial): Promise<void> {
  await trial.handle.executeUpdate(rollbackUpdate, { args: [whole(trial)] });
}

async function refused({ handle }: Trial, message: object): Promise<string> {
  try {
    // By its name, as from the Web UI, where anything may be typed.
    await handle.executeUpdate('rollback', { args: [message] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return error.cause?.message ?? '';
    throw error;
  }
  assert.fail('it was not refused');
}

describe('an upgrade that goes back as a whole', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  for (const [name, setting, node] of [
    ['is held at its control plane', { controlPlanes: 3, behave: fails('node', 'cp3', 9) }, 'cp3'],
    ['is held at a worker', { behave: fails('upgradeKubelet', 'w1', 9) }, 'w1'],
  ] as const satisfies readonly (readonly [string, Setting, string])[]) {
    it(`while it ${name} restores every control-plane node by its own snapshot and ends as rolled back`, LIMIT, async () => {
      await upgrade(setting, async (trial) => {
        await until(trial, (status) => nodeState(status, node) === 'held');
        await goBack(trial);
        const report = await trial.handle.result();
        const { journal } = trial.cluster;
        assert.deepEqual([report.state, report.failure], ['rolled-back', null]);
        for (const each of ['cp1', 'cp2', 'cp3']) assert.equal(stateOf(report, each), 'rolled-back');
        assert.ok(journal.lastIndexOf('stopControlPlane cp1') < journal.indexOf('restoreControlPlane cp3'));
        assert.equal(journal.at(-1), 'releaseLease cluster');
        assert.equal(report.restore?.to, 'v1.33.13');
        assert.match(report.findings.find(({ check }) => check === 'rolled-back')?.message ?? '', /whole cluster is back at v1\.33\.13, as ann decided \(errors rise\)/);
        assert.deepEqual(report.decisions.map(({ kind, detail, by, refusal }) => [kind, detail, by, refusal]), [['rollback', 'cluster', 'ann', null]]);
        assert.deepEqual(report.steps.map(({ step }) => step).filter((step) => /Restore/.test(step)), ['verifyRestore']);
      });
    });
  }

  it('lets nodes in flight land first: what has begun to change is finished, what has not is given back', LIMIT, async () => {
    const kubelet = stopped('upgradeKubelet', 'w1');
    const behave: Behaviour = async (step, node) => {
      if (step === 'drainNode' && node === 'w2') throw new Error('a budget allows none now');
      await kubelet.behave(step, node);
    };
    await upgrade({ behave, workers: 3, maxUnavailable: 2 }, async (trial) => {
      await kubelet.reached;
      await until(trial, (status) => nodeState(status, 'w2') === 'draining');
      await goBack(trial);
      const status = await until(trial, ({ phase }) => phase === 'rolling-back');
      assert.equal(status.state, 'running');
      assert.ok(!trial.cluster.journal.some((entry) => entry.startsWith('prepareRestore')));
      kubelet.release();
      const report = await trial.handle.result();
      const { journal } = trial.cluster;
      assert.equal(report.state, 'rolled-back');
      assert.ok(journal.indexOf('uncordonNode w1') < journal.findIndex((entry) => entry.startsWith('prepareRestore')));
      assert.deepEqual([stateOf(report, 'w1'), stateOf(report, 'w2'), stateOf(report, 'w3')], ['rolled-back', 'skipped', 'pending']);
      assert.deepEqual([...trial.cluster.cordoned], []);
    });
  });

  it('does so while it is paused as well', LIMIT, async () => {
    await upgrade({}, async (trial) => {
      await trial.handle.signal(pauseSignal, { after: 'control-plane', by: 'bob' });
      await until(trial, ({ state }) => state === 'paused');
      await trial.handle.signal(rollbackSignal, whole(trial));
      assert.equal((await trial.handle.result()).state, 'rolled-back');
    });
  });

  it('does so while it is verified, and shows where it stands', LIMIT, async () => {
    const verify = stopped('verifyCluster', 'cluster');
    await upgrade({ behave: verify.behave }, async (trial) => {
      await verify.reached;
      await goBack(trial);
      verify.release();
      const report = await trial.handle.result();
      assert.equal(report.state, 'rolled-back');
      assert.deepEqual(['w1', 'w2'].map((node) => stateOf(report, node)), ['rolled-back', 'rolled-back']);
    });
  });

  it('shows a node that is held on the way, and passes a retry on to it', LIMIT, async () => {
    const behave: Behaviour = (step, node, call) => {
      fails('upgradeKubelet', 'w1', 9)(step, node, call);
      fails('restoreControlPlane', 'cp2')(step, node, call);
    };
    await upgrade({ behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await goBack(trial);
      const status = await until(trial, (seen) => nodeState(seen, 'cp2') === 'held');
      assert.deepEqual([status.state, status.phase, status.wayBack], ['held', 'rolling-back', undefined]);
      assert.deepEqual(status.nodes.find(({ name }) => name === 'cp2')?.step, 'restoreControlPlane');
      assert.match(await refused(trial, { scope: 'workers' }), /hears no rollback/);
      // Too late: the control plane is stopped.
      await trial.handle.signal(cancelSignal, { by: 'bob' });
      await trial.handle.cancel();
      await until(trial, ({ decisions }) => decisions.filter(({ kind, refusal }) => kind === 'cancel' && refusal !== null).length === 2);
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'cp2', decision: 'retry', by: 'ann' }] });
      const report = await trial.handle.result();
      assert.deepEqual([report.state, stateOf(report, 'cp2')], ['rolled-back', 'rolled-back']);
      assert.equal(report.decisions.filter(({ kind }) => kind === 'retry').length, 1);
    });
  });

  it('ends as failed, with every cordon given back, where the restore cannot be prepared', LIMIT, async () => {
    const behave: Behaviour = (step, node, call) => {
      fails('upgradeKubelet', 'w1', 9)(step, node, call);
      fails('prepareRestore', 'cp3')(step, node, call);
    };
    await upgrade({ behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await goBack(trial);
      const report = await trial.handle.result();
      assert.deepEqual([report.state, report.failure?.message], ['failed', 'cp3: prepareRestore: prepareRestore failed']);
      assert.ok(!trial.cluster.journal.some((entry) => entry.startsWith('stopControlPlane')));
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.deepEqual(['cp1', 'cp3', 'w1'].map((node) => stateOf(report, node)), ['done', 'done', 'held']);
    });
  });

  it('ends as cancelled where it is cancelled before the control plane is stopped', LIMIT, async () => {
    const behave: Behaviour = (step, node, call) => {
      fails('upgradeKubelet', 'w1', 9)(step, node, call);
      if (step === 'prepareRestore' && node === 'cp3') throw new Error('a slow copy');
    };
    await upgrade({ behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await goBack(trial);
      await until(trial, (status) => nodeState(status, 'cp3') === 'preparing');
      await trial.handle.signal(cancelSignal, { by: 'bob', reason: 'not this one' });
      const report = await trial.handle.result();
      assert.equal(report.state, 'cancelled');
      assert.ok(!trial.cluster.journal.some((entry) => entry.startsWith('stopControlPlane')));
    });
  });

  it('is refused before the control plane has changed, and without the very name of the cluster', LIMIT, async () => {
    await upgrade({ behave: fails('upgradeKubeadm', 'cp2') }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'cp2') === 'held');
      assert.match(await refused(trial, whole(trial)), /has not changed the control plane: `capstan cancel`/);
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'cp2', decision: 'retry' }] });
      assert.equal((await trial.handle.result()).state, 'done');
    });
    await upgrade({ behave: fails('upgradeKubelet', 'w1') }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      assert.match(await refused(trial, { scope: 'cluster' }), /confirm is missing/);
      assert.match(await refused(trial, { scope: 'cluster', confirm: 'other' }), /confirm is other, not the name/);
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'retry' }] });
      assert.equal((await trial.handle.result()).state, 'done');
    });
  });
});
