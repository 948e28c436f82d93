import { WorkflowUpdateFailedError } from '@temporalio/client';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { approveSignal, cancelSignal, pauseSignal, planQuery, resumeSignal } from '../../workflows/messages.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { withNode } from './fake-cluster.ts';
import { until, workflowTests } from './harness.ts';
import type { Setting, Trial } from './harness.ts';
import { approve } from './resume-trial.ts';

const WAITING: Setting = { controlPlanes: 1, workers: 4, awaitApproval: true };

describe('an upgrade that nobody has said yes to', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();
  const waits = (trial: Trial): Promise<UpgradeStatus> => until(trial, ({ approval }) => approval !== undefined);

  it('waits before its first change, shows its plan, and begins with the yes to it', async () => {
    await upgrade(WAITING, async (trial) => {
      const { state, phase, approval, planHash } = await waits(trial);
      assert.deepEqual([state, phase, approval], ['paused', 'preflight', { planHash, kind: 'start', reason: 'waits for approval', growth: { lines: [], more: 0 } }]);
      assert.deepEqual(await trial.handle.query(planQuery), trial.plan);
      await assert.rejects(approve(trial, 'guess'), WorkflowUpdateFailedError);
      await trial.handle.signal(resumeSignal, { by: 'eve' });
      const { decisions } = await until(trial, ({ decisions: [first] }) => first !== undefined);
      assert.match(decisions[0]?.refusal ?? '', /waits for approval before the first change/);
      assert.deepEqual(trial.cluster.journal, []);
      await trial.handle.signal(approveSignal, { planHash, by: 'ann' });

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('takes no yes to the plan of another spec, however equal the cluster is, and says in words what its own would do', async () => {
    const other: Setting['spec'] = (spec) => ({
      ...spec, packages: { repository: 'http://evil.example/{minor}/' }, etcd: { ...spec.etcd, acceptOutage: true }, strategy: { onFailure: 'skip-within-budget' },
      kubeadm: { ...spec.kubeadm, ignorePreflightErrors: ['all'], componentConfigs: { file: '/c.yaml' }, certificateRenewal: false },
      addons: [{ name: 'backdoor', when: 'workers', manifest: { file: '/b.yaml' } }],
      pools: spec.pools.map((pool) => ({ ...pool, drain: { ...pool.drain, enabled: false } })), ignore: [{ check: 'nodes-ready', node: null }],
    });
    let seen = '';
    await upgrade({ ...WAITING, plan: hashPlan }, async (trial) => {
      seen = (await waits(trial)).planHash;
      await trial.handle.cancel();
      await trial.handle.result();
    });
    await upgrade({ ...WAITING, plan: hashPlan, spec: other }, async (trial) => {
      const { planHash, executes } = await waits(trial);
      assert.notEqual(planHash, seen);
      await assert.rejects(approve(trial, seen), (error) => error instanceof WorkflowUpdateFailedError && error.cause?.message === `the plan that waits for approval is ${planHash}, not ${seen}`);
      const words = (executes ?? []).map(([topic, line]) => `${topic}: ${line}`).join('\n');
      for (const word of ['from http://evil.example', 'Drain of pool default: none', 'backdoor: /b.yaml', 'Component configs: /c.yaml', 'preflight: all', 'by --ignore: nodes-ready', 'are not renewed', 'is left out', 'etcd: ']) assert.ok(words.includes(word), `${word} in ${words}`);
      await trial.handle.cancel();
      const report = await trial.handle.result();
      assert.deepEqual(trial.cluster.journal, ['releaseLease cluster']);
      assert.deepEqual(report.ignored?.map(([, line]) => line), ["errors of kubeadm's preflight: all", 'checks, by --ignore: nodes-ready']);
    });
  });

  it('begins no plan that carries the hash of another one', async () => {
    const forged: Setting['approved'] = (plan) => ({ ...plan, nodes: plan.nodes.map((node) => (node.name === 'w1' ? { ...node, address: '192.0.2.66' } : node)) });
    await upgrade({ ...WAITING, plan: hashPlan, approved: forged }, async (trial) => {
      const { state, failure } = await trial.handle.result();
      assert.deepEqual([state, failure?.type], ['failed', 'ClusterMoved']);
      assert.match(failure?.message ?? '', /node w1: address: was 192\.0\.2\.66:22, is 127\.0\.0\.1:22/);
      assert.deepEqual(trial.cluster.journal, ['releaseLease cluster']);
    });
  });

  it('changes nothing where the cluster moved before the yes, and says what moved', async () => {
    await upgrade(WAITING, async (trial) => {
      const { planHash } = await waits(trial);
      trial.cluster.become((plan) => ({ ...withNode(plan, 'w9'), hash: 'moved' }));
      await approve(trial, planHash);
      const { state, failure } = await trial.handle.result();

      assert.deepEqual([state, failure?.type], ['failed', 'ClusterMoved']);
      assert.match(failure?.message ?? '', /node w9: new/);
      assert.deepEqual(trial.cluster.journal, ['releaseLease cluster']);
    });
  });

  it('stays paused after the yes where a person has paused it, and ends where it is cancelled', async () => {
    await upgrade(WAITING, async (trial) => {
      const { planHash } = await waits(trial);
      await trial.handle.signal(pauseSignal, { by: 'ann' });
      await approve(trial, planHash);
      const status = await until(trial, ({ approval }) => approval === undefined);
      assert.deepEqual([status.state, status.pause?.by], ['paused', 'ann']);
      await trial.handle.signal(cancelSignal, { by: 'ann' });

      assert.equal((await trial.handle.result()).state, 'cancelled');
      assert.ok(!trial.cluster.journal.includes('acquireLease cluster'));
    });
  });
});

describe('a signal that somebody typed', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('with a field that no such message has is refused and kept, whichever it is, and changes nothing', async () => {
    await upgrade(WAITING, async (trial) => {
      const before = await until(trial, ({ approval }) => approval !== undefined);
      const names = ['pause', 'resume', 'approve', 'skipNode', 'retryNode', 'rollback', 'cancel'];
      for (const name of names) await trial.handle.signal(name, { node: 'w1', planHash: before.planHash, by: 'eve', hurry: true });
      const { decisions, ...after } = await until(trial, (status) => status.decisions.length === names.length);

      assert.deepEqual({ ...after, decisions: [] }, before);
      for (const { by, refusal } of decisions) assert.match(`${by}: ${refusal}`, /^eve: unknown field (?:hurry|node|planHash); /);
      await trial.handle.signal(approveSignal, { planHash: before.planHash });

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });
});
