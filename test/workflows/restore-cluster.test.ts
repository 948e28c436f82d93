import { WorkflowUpdateFailedError } from '@temporalio/client';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RESTORE_STEPS } from '../../workflows/domain/state.ts';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { cancelSignal, pauseSignal, resolveHoldUpdate, retryNodeSignal } from '../../workflows/messages.ts';
import type { ResolveHoldMessage } from '../../workflows/messages.ts';
import { devServer } from '../support/temporal.ts';
import type { Behaviour } from './fake-cluster.ts';
import { failing, gate, nodeState, until, workflowTests } from './harness.ts';
import type { Restoring } from './harness.ts';

const LIMIT = { timeout: 600_000 };
const CONTROL_PLANE = ['cp1', 'cp2', 'cp3'];

/** Fails a step of a node for good, so many times. */
function fails(step: string, node: string, times = 1): Behaviour {
  return (at, on, call) => {
    if (at === step && on === node && call <= times) throw failing(`${step} failed`);
  };
}

/** Steps of the restore that took effect, in order, without what went before. */
function restored({ cluster }: Restoring): readonly string[] {
  return cluster.journal.filter((entry) => !entry.startsWith('upgradeKubelet'));
}

function stagesOf(trial: Restoring): readonly string[] {
  const steps = restored(trial).map((entry) => entry.split(' ')[0] ?? '');
  return steps.filter((step, index) => step !== steps[index - 1]);
}

function stateOf(report: UpgradeReport, node: string): string | undefined {
  return report.nodes.find(({ name }) => name === node)?.state;
}

async function refused({ handle }: Restoring, message: ResolveHoldMessage): Promise<string> {
  try {
    await handle.executeUpdate(resolveHoldUpdate, { args: [message] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return error.cause?.message ?? '';
    throw error;
  }
  assert.fail('it was not refused');
}

describe('a restore of a whole cluster', { timeout: 600_000 }, () => {
  const { restore } = workflowTests();

  it('takes every stage on all nodes before the next one begins on any', LIMIT, async () => {
    await restore({}, async (trial) => {
      const report = await trial.handle.result();
      const steps = restored(trial);
      assert.deepEqual(steps.slice(0, 2), ['planRestore cluster', 'acquireLease cluster']);
      for (const [index, step] of (['prepareRestore', 'stopControlPlane', 'restoreControlPlane'] as const).entries()) {
        assert.deepEqual(steps.slice(2 + 3 * index, 5 + 3 * index).toSorted(), CONTROL_PLANE.map((node) => `${step} ${node}`));
      }
      assert.deepEqual(steps.slice(11, 16).toSorted(), [...['w1', 'w2'].map((node) => `restoreWorker ${node}`), ...CONTROL_PLANE.map((node) => `startControlPlane ${node}`)]);
      assert.deepEqual(steps.slice(16), ['verifyRestore w1+w2']);

      assert.deepEqual([report.state, report.from, report.to, report.failure], ['rolled-back', 'v1.34.4', 'v1.33.13', null]);
      assert.deepEqual(report.restore, { to: 'v1.33.13', snapshot: '/snapshots/test.db', takenAt: '2026-11-21T00:00:00.000Z' });
      assert.ok(report.nodes.every(({ state }) => state === 'rolled-back'));
      assert.deepEqual(report.nodes.find(({ name }) => name === 'cp2')?.steps.map(({ step }) => step), RESTORE_STEPS.slice(0, 4));
      assert.deepEqual(report.steps.map(({ step }) => step), ['acquireLease', 'verifyRestore']);
    });
  });

  it('begins all control planes at once: a member that waits for its quorum does not keep the others from starting', LIMIT, async () => {
    const begun = new Set<string>();
    const quorum = gate();
    const behave: Behaviour = async (step, node) => {
      if (step !== 'startControlPlane') return;
      begun.add(node);
      if (begun.size === 3) quorum.open();
      await quorum.opened;
    };
    await restore({ behave }, async ({ handle }) => { assert.equal((await handle.result()).state, 'rolled-back'); });
  });

  it('that fails while it is prepared changes nothing, gives the lock back and says which node and why', LIMIT, async () => {
    await restore({ behave: fails('prepareRestore', 'cp2') }, async (trial) => {
      const report = await trial.handle.result();
      assert.equal(report.state, 'failed');
      assert.deepEqual([report.failure?.type, report.failure?.message], ['HostStepFailed', 'cp2: prepareRestore: prepareRestore failed']);
      assert.match(report.failure?.next ?? '', /^look; nothing was changed$/);
      assert.ok(!restored(trial).some((entry) => /^(stop|restore|start)/.test(entry)));
      assert.equal(restored(trial).at(-1), 'releaseLease cluster');
    });
  });

  for (const [what, confirmed] of [
    ['another snapshot', { snapshot: { file: '/snapshots/test.db', sha256: 'f'.repeat(64), takenAt: '' } }], ['another cluster', { clusterUid: 'other' }],
    ['another version', { to: 'v1.32.9' }], ['other control-plane nodes', { nodes: [] }], ['other workers', { workers: [] }],
  ] as const) {
    it(`of ${what} than was confirmed is refused before any change`, LIMIT, async () => {
      await restore({ confirmed: (plan) => ({ ...plan, ...confirmed }) }, async (trial) => {
        const report = await trial.handle.result();
        assert.deepEqual([report.state, report.failure?.type], ['failed', 'ClusterMoved']);
        assert.deepEqual(restored(trial), ['planRestore cluster']);
      });
    });
  }

  for (const step of ['stopControlPlane', 'restoreControlPlane', 'startControlPlane'] as const) {
    it(`holds a node whose ${step} fails, waits for a person at the barrier, and goes on by a retry`, LIMIT, async () => {
      await restore({ behave: fails(step, 'cp2', 2) }, async (trial) => {
        const status = await until(trial, (seen) => nodeState(seen, 'cp2') === 'held' && restored(trial).filter((entry) => entry.startsWith(step)).length === 2);
        assert.deepEqual([status.state, status.phase], ['held', 'rolling-back']);
        const held = status.nodes.find(({ name }) => name === 'cp2');
        assert.equal(held?.step, step);
        assert.match(held?.failure?.next ?? '', /^look\. By hand on cp2: .*docs\/operating\.md.*`capstan retry cp2`/);
        assert.ok(!restored(trial).includes('verifyRestore w1+w2'));
        assert.match(await refused(trial, { node: 'cp2', decision: 'skip' }), /cannot be left out/);
        await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'cp2', decision: 'retry', by: 'ann' }] });
        // It fails once more, and is held anew.
        await until(trial, (seen) => nodeState(seen, 'cp2') === 'held' && seen.decisions.length === 1);
        await trial.handle.signal(retryNodeSignal, { node: 'cp2', by: 'ann', reason: 'mended' });
        const report = await trial.handle.result();
        assert.equal(report.state, 'rolled-back');
        assert.deepEqual(stagesOf(trial).filter((each) => each === 'stopControlPlane' || each === 'restoreControlPlane'), ['stopControlPlane', 'restoreControlPlane']);
        assert.deepEqual(report.decisions.map(({ kind, node, by }) => [kind, node, by]), [['retry', 'cp2', 'ann'], ['retry', 'cp2', 'ann']]);
      });
    });
  }

  it('can leave a held worker behind, and does not look for it in the end', LIMIT, async () => {
    await restore({ behave: fails('restoreWorker', 'w1') }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'skip', by: 'ann', reason: 'its disk is dead' }] });
      const report = await trial.handle.result();
      assert.deepEqual([report.state, stateOf(report, 'w1'), stateOf(report, 'w2')], ['rolled-back', 'skipped', 'rolled-back']);
      assert.equal(restored(trial).at(-1), 'verifyRestore w2');
    });
  });

  it('ends by a cancel while it is prepared, and gives the lock back', LIMIT, async () => {
    const behave: Behaviour = (step, node) => { if (step === 'prepareRestore' && node === 'cp1') throw new Error('a slow copy'); };
    await restore({ behave }, async (trial) => {
      // A step that ended while the cancel is taken up would leave the time-skipping server with a workflow task that never ends.
      await until(trial, (status) => nodeState(status, 'cp1') === 'preparing' && ['cp2', 'cp3'].every((node) => nodeState(status, node) === 'pending'));
      await trial.handle.signal(cancelSignal, { by: 'ann', reason: 'wrong cluster' });
      const report = await trial.handle.result();
      assert.equal(report.state, 'cancelled');
      assert.ok(!restored(trial).some((entry) => entry.startsWith('stopControlPlane')));
      assert.equal(restored(trial).at(-1), 'releaseLease cluster');
    });
  });

  it('refuses a cancel, and everything else that it cannot do, once the control plane is stopped', LIMIT, async () => {
    await restore({ behave: fails('stopControlPlane', 'cp1') }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'cp1') === 'held');
      await trial.handle.signal(cancelSignal, { by: 'ann' });
      await trial.handle.cancel();
      await trial.handle.signal(pauseSignal, { by: 'ann' });
      const status = await until(trial, ({ decisions }) => decisions.length === 3);
      assert.ok(status.decisions.every(({ refusal }) => refusal !== null));
      assert.equal(status.cancel, null);
      await trial.handle.signal(retryNodeSignal, { node: 'cp1' });
      assert.equal((await trial.handle.result()).state, 'rolled-back');
    });
  });

  it('that is put back and does not stand the last look ends as failed, and says what is left to do', LIMIT, async () => {
    await restore({ behave: fails('verifyRestore', 'w1+w2') }, async (trial) => {
      const report = await trial.handle.result();
      assert.equal(report.state, 'failed');
      assert.ok(report.nodes.every(({ state }) => state === 'rolled-back'));
      assert.match(report.failure?.next ?? '', /^look\. everything was put back.*`capstan release -f FILE`/);
      assert.ok(!restored(trial).includes('releaseLease cluster'));
    });
  });
});

describe('a restore whose worker has gone', { timeout: 600_000 }, () => {
  // A real server: it gives what was the first worker's to the next one.
  const { restore } = workflowTests(devServer);

  it('is finished by another worker where the first has gone in the middle', LIMIT, async () => {
    let isAway = true;
    const behave: Behaviour = (step, node) => { if (step === 'restoreControlPlane' && node === 'cp3' && isAway) throw new Error('the connection broke'); };
    await restore({ behave },
      async (trial) => { await until(trial, () => restored(trial).filter((entry) => entry.startsWith('restoreControlPlane')).length === 2); },
      async (trial) => {
        isAway = false;
        const report = await trial.handle.result();
        assert.equal(report.state, 'rolled-back');
        const steps = restored(trial);
        assert.equal(new Set(steps).size, steps.length, 'no effect came about twice');
        assert.ok(steps.indexOf('restoreControlPlane cp3') < steps.findIndex((entry) => entry.startsWith('startControlPlane')));
      });
  });
});
