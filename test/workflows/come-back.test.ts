import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelSignal, pauseSignal, resumeSignal, setPolicyUpdate } from '../../workflows/messages.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { devServer } from '../support/temporal.ts';
import { atTarget, withNode, withoutNodes } from './fake-cluster.ts';
import { gate, nodeState, stopped, until, workflowTests } from './harness.ts';
import type { Setting } from './harness.ts';
import { approve, paused, reads, resumed, runIdOf, SETTING, statesOf, STEPS, stepsOf } from './resume-trial.ts';

describe('an upgrade that is resumed', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests(devServer);

  it('reads the cluster once before anything begins, and goes on in the same history where nothing changed', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial);
      const runId = await runIdOf(trial);
      await trial.handle.signal(resumeSignal, { by: 'ann' });
      await trial.handle.signal(resumeSignal, { by: 'bob' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.deepEqual([report.resumed?.changes, report.resumed?.problem, report.resumed?.by], [{ lines: [], more: 0 }, null, 'ann']);
      assert.equal(await reads(trial), 2);
      assert.equal(await runIdOf(trial), runId);
      assert.deepEqual(report.decisions.map(({ kind, refusal }) => [kind, refusal]), [['pause', null], ['resume', null], ['resume', null]]);
    });
  });

  it('goes on without nodes that are gone, takes those for done that were upgraded by hand, and tells both', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial);
      trial.cluster.become((plan) => atTarget(withoutNodes(plan, ['w2']), ['w3']));
      await resumed(trial);
      const report = await trial.handle.result();

      assert.deepEqual(report.resumed?.changes.lines, ['w2: gone, left out', 'w3: upgraded by hand to v1.34.4']);
      assert.deepEqual([report.state, ...statesOf(report)], ['done', 'w1 done', 'w2 skipped gone', 'w3 done upgraded by hand', 'w4 done']);
      for (const name of ['w2', 'w3']) assert.deepEqual(stepsOf(trial, name), ['stageNode']);
      for (const name of ['w1', 'w4']) assert.deepEqual(stepsOf(trial, name), ['stageNode', ...STEPS]);
    });
  });

  it('runs no second `kubeadm upgrade apply` where somebody has run it, and applies what was due after it', async () => {
    const spec: Setting['spec'] = (given) => ({ ...given, addons: [{ name: 'calico', when: 'first-control-plane', manifest: { file: '/calico.yaml' } }] });
    await upgrade({ controlPlanes: 3, workers: 1, leader: 'cp3', spec }, async (trial) => {
      await paused(trial, 'snapshot');
      trial.cluster.become((plan) => ({ ...atTarget(plan, ['cp1']), nodes: atTarget(plan, ['cp1']).nodes.map((node) => ({ ...node, first: false })) }));
      await resumed(trial);

      assert.equal((await trial.handle.result()).state, 'done');
      assert.deepEqual(trial.cluster.journal.filter((entry) => /^(?:apply|node|upgradeAddon) /.test(entry)), ['node cp2', 'node cp3', 'upgradeAddon calico', 'upgradeAddon kube-proxy', 'upgradeAddon coredns']);
    });
  });

  it('takes no node back that is gone or was upgraded by hand, where all workers go back', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial, 'w1');
      trial.cluster.become((plan) => atTarget(withoutNodes(plan, ['w1']), ['w2']));
      await resumed(trial);
      await trial.handle.signal(pauseSignal, { after: 'workers' });
      await until(trial, ({ pause }) => pause !== null);
      await trial.handle.signal('rollback', { scope: 'workers', by: 'ann' });
      await resumed(trial);
      const report = await trial.handle.result();

      assert.deepEqual([report.state, ...statesOf(report)], ['rolled-back', 'w1 done gone', 'w2 done upgraded by hand', 'w3 rolled-back', 'w4 rolled-back']);
    });
  });

  it('keeps what was set within a pool that has lost nodes, and judges what is set by what is left', async () => {
    const judged = gate();
    const behave = async (step: string, node: string): Promise<void> => { if (step === 'drainNode' && node === 'w1') await judged.opened; };
    await upgrade({ ...SETTING, behave }, async (trial) => {
      const { handle, cluster } = trial;
      await handle.executeUpdate(setPolicyUpdate, { args: [{ maxUnavailable: 3 }] });
      await paused(trial);
      cluster.become((plan) => withoutNodes(plan, ['w3', 'w4']));
      const { policy } = await resumed(trial);
      assert.deepEqual(policy, [{ pool: 'default', maxUnavailable: 1, drainTimeoutSeconds: null }]);
      await assert.rejects(handle.executeUpdate(setPolicyUpdate, { args: [{ maxUnavailable: 3 }] }), (error) => error instanceof WorkflowUpdateFailedError && /the pool has 2 nodes/.test(error.cause?.message ?? ''));
      judged.open();

      assert.equal((await handle.result()).state, 'done');
      assert.equal(cluster.most(), 1);
    });
  });

  it('does not look in the end for a node that is gone after it was done', async () => {
    let skipped: unknown = null;
    const setting: Setting = {
      ...SETTING, interceptors: { activity: [({ info }) => ({ inbound: { execute: async (input, next) => {
        const [given] = input.args;
        if (info.activityType === 'verifyCluster' && typeof given === 'object' && given !== null && 'skipped' in given) skipped = given.skipped;
        return next(input);
      } } })] },
    };
    await upgrade(setting, async (trial) => {
      await paused(trial, 'workers');
      trial.cluster.become((plan) => withoutNodes(plan, ['w2']));
      await resumed(trial);

      assert.deepEqual(statesOf(await trial.handle.result()), ['w1 done', 'w2 done gone', 'w3 done', 'w4 done']);
      assert.deepEqual(skipped, ['w2']);
    });
  });

  it('stays paused where the cluster cannot be read, says what to do, and goes on when it is asked again', async () => {
    await upgrade(SETTING, async (trial) => {
      await paused(trial);
      trial.cluster.become(() => { throw ApplicationFailure.create({ message: 'the API of test does not answer', type: 'ApiUnreachable', nonRetryable: true }); });
      const { resumed: found, state, pause } = await resumed(trial);
      assert.equal(state, 'paused');
      assert.equal(pause?.reason, 'weekend');
      assert.equal(found?.problem?.type, 'ApiUnreachable');
      assert.match(found.problem.next ?? '', /`capstan resume --cluster .*` looks again$/);
      trial.cluster.become((plan) => plan);
      assert.equal((await resumed(trial)).resumed?.problem, null);

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('never goes on over another control plane: it stays paused, and can be cancelled', async () => {
    await upgrade({ controlPlanes: 3, workers: 2 }, async (trial) => {
      await paused(trial);
      trial.cluster.become((plan) => withNode(withoutNodes(plan, ['cp3']), 'cp4'));
      const { resumed: found, state, approval, planHash } = await resumed(trial);
      assert.deepEqual([state, approval, found?.problem?.type], ['paused', undefined, 'ClusterMoved']);
      assert.match(found?.problem?.message ?? '', /cp3: gone\ncp4: new, with the roles etcd, control-plane$/);
      await assert.rejects(approve(trial, planHash), WorkflowUpdateFailedError);
      await trial.handle.signal(cancelSignal, { by: 'ann' });

      assert.equal((await trial.handle.result()).state, 'cancelled');
      assert.ok(!trial.cluster.journal.includes('drainNode w1'));
      assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
    });
  });

  it('never goes on with another file or another image repository than the approved ones, and goes on once they are back', async () => {
    const spec: Setting['spec'] = (given) => ({ ...given, addons: [{ name: 'calico', when: 'workers', manifest: { file: '/calico.yaml' } }] });
    await upgrade({ controlPlanes: 1, workers: 2, spec }, async (trial) => {
      await paused(trial);
      trial.cluster.become((plan) => ({ ...plan, files: plan.files.map((file) => ({ ...file, sha256: 'e'.repeat(64) })), imageRepository: 'evil.example' }));
      const { resumed: found, state } = await resumed(trial);
      assert.deepEqual([state, found?.problem?.type], ['paused', 'ClusterMoved']);
      assert.match(found?.problem?.message ?? '', /imageRepository of kubeadm-config: was registry\.k8s\.io, is evil\.example\nthe manifest of add-on calico \(\/calico\.yaml\): was 1 bytes, SHA-256 f{64}, is 1 bytes, SHA-256 e{64}$/);
      trial.cluster.become((plan) => plan);
      await resumed(trial);

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('asks nothing of a check that was waived for a node that is gone, and of an add-on that is applied', async () => {
    const asked: UpgradeSpec[] = [];
    const interceptors: Setting['interceptors'] = {
      activity: [({ info }) => ({
        inbound: {
          execute: (input, next) => {
            const [given] = input.args;
            if (info.activityType === 'planUpgrade' && isPlanInput(given)) asked.push(given.spec);
            return next(input);
          },
        },
      })],
    };
    const spec: Setting['spec'] = (given) => ({ ...given, ignore: [{ check: 'host-swap', node: 'w2' }], addons: [{ name: 'calico', when: 'control-plane', manifest: { file: '/calico.yaml' } }] });
    await upgrade({ controlPlanes: 1, workers: 2, spec, interceptors }, async (trial) => {
      await trial.handle.signal(pauseSignal, { after: 'control-plane' });
      await until(trial, ({ pause }) => pause !== null);
      trial.cluster.become((plan) => withoutNodes(plan, ['w2']));
      await resumed(trial);

      assert.equal((await trial.handle.result()).state, 'done');
    });
    assert.deepEqual(asked.map(({ ignore, addons }) => [ignore?.length, addons.length]), [[1, 1], [0, 0]]);
  });

  it('lets nodes that were stopped between steps go on once the cluster was read, and no other before the yes', async () => {
    const stop = stopped('drainNode', 'w1');
    await upgrade({ ...SETTING, behave: stop.behave }, async (trial) => {
      await stop.reached;
      await trial.handle.signal(pauseSignal, { now: true, by: 'ann' });
      await until(trial, ({ pause }) => pause !== null);
      stop.release();
      await until(trial, () => trial.cluster.journal.includes('drainNode w1'));
      trial.cluster.become((plan) => withNode(withoutNodes(plan, ['w1']), 'w9'));
      const { approval, resumed: found } = await resumed(trial);
      assert.deepEqual(found?.changes.lines, ['w1: gone, while it is in flight']);
      await until(trial, (status) => nodeState(status, 'w1') === 'done');
      assert.ok(!trial.cluster.journal.includes('upgradeKubeadm w2'));
      trial.cluster.become((plan) => withNode(plan, 'w9'));
      await approve(trial, approval?.planHash ?? '');

      assert.deepEqual(statesOf(await trial.handle.result()), ['w1 done', 'w2 done', 'w3 done', 'w4 done', 'w9 done new']);
    });
  });

  it('does not take a node for one that went back which is done while the cluster is read', async () => {
    const [reading, read, uncordon] = [gate(), gate(), gate()];
    let calls = 0;
    const behave = async (step: string, node: string): Promise<void> => { if (step === 'upgradeKubelet' && node === 'w1') await uncordon.opened; };
    await upgrade({
      ...SETTING, behave,
      interceptors: { activity: [({ info }) => ({ inbound: { execute: async (input, next) => {
        const answer = await next(input);
        if (info.activityType === 'planUpgrade' && (calls += 1) === 2) {
          reading.open();
          await read.opened;
        }
        return answer;
      } } })] },
    }, async (trial) => {
      await until(trial, () => trial.cluster.journal.includes('drainNode w1'));
      await trial.handle.signal(pauseSignal, { by: 'ann' });
      await trial.handle.signal(resumeSignal, { by: 'ann' });
      await reading.opened;
      uncordon.open();
      await until(trial, (status) => nodeState(status, 'w1') === 'done');
      read.open();
      const report = await trial.handle.result();

      assert.deepEqual([report.state, report.resumed?.changes.lines.length], ['done', 0]);
      assert.deepEqual(stepsOf(trial, 'w1'), ['stageNode', ...STEPS]);
    });
  });
});

function isPlanInput(input: unknown): input is { readonly spec: UpgradeSpec } {
  return typeof input === 'object' && input !== null && 'spec' in input;
}
