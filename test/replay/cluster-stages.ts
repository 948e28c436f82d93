import { ApplicationFailure } from '@temporalio/common';
import { approveUpdate, pauseSignal, resumeSignal, retryNodeSignal, skipNodeSignal } from '../../workflows/messages.ts';
import { until } from '../workflows/harness.ts';
import { startFormer, untilRefused } from '../workflows/former-try.ts';
import { withNode, withoutNodes } from '../workflows/fake-cluster.ts';
import { DECIDED_CLUSTER_STAGES } from './decision-stages.ts';
import { RESTORE_CLUSTER_STAGES } from './restore-stages.ts';
import { ROLLBACK_CLUSTER_STAGES } from './rollback-stages.ts';
import { answering, failing, untilContinued, untilNode, untilState } from './stage.ts';
import type { Setting, Trial } from '../workflows/harness.ts';
import type { Stage } from './stage.ts';

const BY = { by: 'ann@laptop' };
const SMALL: Setting = { controlPlanes: 1, workers: 2 };
/** So few events in a history that the upgrade goes on in a new one while the drain of one node takes its time. */
const CROSSING: Setting = { controlPlanes: 1, workers: 16, maxUnavailable: 2, limits: { events: 100, lookMs: 60_000 } };
/** With a budget that the drains share. */
const LONG: Setting = {
  controlPlanes: 1, workers: 8, maxUnavailable: 3, limits: { events: 100, lookMs: 60_000 },
  drains: (nodes) => ({ allowed: [1], rows: nodes.map((_, index) => [index, 0, 1]) }),
};
const WITH_ADDON: Setting = { ...SMALL, spec: (spec) => ({ ...spec, addons: [{ name: 'metrics', when: 'workers', manifest: { file: 'metrics.yaml' } }] }) };
const BLOCKED = { findings: [{ check: 'etcd-members-healthy', severity: 'block', node: 'cp1', message: 'the member does not answer', next: 'look at it' }], startedAt: '2026-01-01T00:00:00.000Z', seconds: 1 };

/** In the middle of each phase. */
const PHASES: readonly Stage[] = [
  { name: 'preflight-plan', setting: SMALL, at: { activity: 'planUpgrade' } },
  { name: 'preflight', setting: SMALL, at: { activity: 'runPreflight' } },
  { name: 'snapshot', setting: SMALL, at: { activity: 'snapshotEtcd' } },
  { name: 'snapshot-staging', setting: SMALL, at: { activity: 'stageNode', node: 'w2' } },
  { name: 'control-plane', setting: { controlPlanes: 3, workers: 1 }, at: { activity: 'upgradeKubelet', node: 'cp3' } },
  { name: 'control-plane-addons', setting: SMALL, at: { activity: 'upgradeAddon' } },
  { name: 'workers', setting: SMALL, at: { activity: 'drainNode', node: 'w2' } },
  { name: 'addons', setting: WITH_ADDON, at: { activity: 'upgradeAddon', call: 3 } },
  { name: 'verify', setting: SMALL, at: { activity: 'verifyCluster' } },
  { name: 'verify-release', setting: SMALL, at: { activity: 'releaseLease' } },
];

/** Every way to end, and on the way there. */
const ENDS: readonly Stage[] = [
  { name: 'done', setting: { ...WITH_ADDON, controlPlanes: 3 } },
  { name: 'done-window', setting: { controlPlanes: 1, workers: 4, maxUnavailable: 2 } },
  { name: 'failed-preflight', setting: { ...SMALL, interceptors: answering('runPreflight', BLOCKED) } },
  { name: 'failed-cluster-moved', setting: { ...SMALL, approved: (plan) => ({ ...plan, hash: 'old' }) } },
  {
    name: 'failed-control-plane-skipped', setting: { controlPlanes: 2, workers: 1, behave: failing('upgradeKubeadm', 'cp2') },
    act: async (trial) => { await hold(trial, 'cp2'); await skip(trial, 'cp2'); await trial.handle.result(); },
  },
  {
    name: 'cancelled', setting: SMALL, at: { activity: 'upgradeKubelet', node: 'w1' },
    act: async (trial, reached, release) => { await reached; await trial.handle.cancel(); release(); await trial.handle.result(); },
  },
  {
    name: 'cancelling', setting: { ...SMALL, behave: failing('upgradeKubelet', 'w1') }, at: { activity: 'releaseLease' },
    act: async (trial, reached) => { await hold(trial, 'w1'); await trial.handle.cancel(); await reached; },
  },
  {
    name: 'cancelled-held', setting: { ...SMALL, behave: failing('upgradeKubelet', 'w1') },
    act: async (trial) => { await hold(trial, 'w1'); await trial.handle.cancel(); await trial.handle.result(); },
  },
];

/** What a person said, while it is so and afterwards. */
const OPERATOR: readonly Stage[] = [
  { name: 'paused', setting: SMALL, act: async (trial) => { await trial.handle.signal(pauseSignal, { ...BY, after: 'control-plane', reason: 'lunch' }); await untilState(trial, 'paused'); } },
  {
    name: 'paused-now', setting: SMALL, at: { activity: 'upgradeKubeadm', node: 'w1' },
    act: async (trial, reached) => { await reached; await trial.handle.signal(pauseSignal, { ...BY, now: true }); await untilState(trial, 'paused'); },
  },
  {
    name: 'done-resumed', setting: SMALL, at: { activity: 'upgradeKubeadm', node: 'w1' },
    act: async (trial, reached, release) => {
      await reached;
      await trial.handle.signal(pauseSignal, { ...BY, now: true });
      await untilState(trial, 'paused');
      release();
      await trial.handle.signal(resumeSignal, BY);
      await trial.handle.result();
    },
  },
  { name: 'held-staging', setting: { ...SMALL, behave: failing('stageNode', 'w1') }, act: (trial) => hold(trial, 'w1') },
  { name: 'held-control-plane', setting: { controlPlanes: 2, workers: 1, behave: failing('upgradeKubelet', 'cp2') }, act: (trial) => hold(trial, 'cp2') },
  { name: 'held-worker', setting: { controlPlanes: 1, workers: 3, maxUnavailable: 2, behave: failing('upgradeKubelet', 'w1') }, act: (trial) => hold(trial, 'w1') },
  {
    name: 'retried', setting: { ...SMALL, behave: failing('upgradeKubelet', 'w1', 1) }, at: { activity: 'upgradeKubelet', node: 'w1', call: 2 },
    act: async (trial, reached) => { await hold(trial, 'w1'); await retry(trial, 'w1'); await reached; },
  },
  {
    name: 'done-retried', setting: { ...SMALL, behave: failing('upgradeKubelet', 'w1', 1) },
    act: async (trial) => { await hold(trial, 'w1'); await retry(trial, 'w1'); await trial.handle.result(); },
  },
  {
    name: 'done-retried-at-once', setting: { ...SMALL, behave: failing('upgradeKubelet', 'w1', 1) },
    act: async (trial) => {
      await hold(trial, 'w1');
      const former = await startFormer(trial, 'w1');
      await retry(trial, 'w1');
      await untilRefused(trial);
      await former.terminate();
      await trial.handle.result();
    },
  },
  {
    name: 'done-retried-staging', setting: { ...SMALL, behave: failing('stageNode', 'w1', 1) },
    act: async (trial) => { await hold(trial, 'w1'); await retry(trial, 'w1'); await trial.handle.result(); },
  },
  {
    name: 'skipped', setting: { controlPlanes: 1, workers: 3, behave: failing('drainNode', 'w1') }, at: { activity: 'drainNode', node: 'w2' },
    act: async (trial, reached) => { await hold(trial, 'w1'); await skip(trial, 'w1'); await reached; },
  },
  {
    name: 'done-skipped', setting: { ...SMALL, behave: failing('drainNode', 'w1') },
    act: async (trial) => { await hold(trial, 'w1'); await skip(trial, 'w1'); await trial.handle.result(); },
  },
  {
    name: 'done-skipped-in-flight', setting: SMALL, at: { activity: 'upgradeKubeadm', node: 'w1' },
    act: async (trial, reached, release) => { await reached; await skip(trial, 'w2'); await skip(trial, 'w1'); release(); await trial.handle.result(); },
  },
];

/** What the cluster is found to be after a pause, and a plan that waits for a yes. */
const RESUMED: readonly Stage[] = [
  { name: 'preflight-waiting', setting: { ...SMALL, awaitApproval: true }, act: async (trial) => { await untilState(trial, 'paused'); } },
  { name: 'done-approved', setting: { ...SMALL, awaitApproval: true }, act: async (trial) => { await approve(trial); await trial.handle.result(); } },
  { name: 'paused-grown', setting: SMALL, act: (trial) => resumeAfter(trial, (plan) => withNode(plan, 'w9')) },
  {
    name: 'paused-unread', setting: SMALL,
    act: (trial) => resumeAfter(trial, () => { throw ApplicationFailure.create({ message: 'no answer', type: 'ApiUnreachable', nonRetryable: true }); }),
  },
  { name: 'continues-amended', setting: SMALL, runThatStarted: 'cp1', act: amendAndApprove },
  { name: 'done-amended', setting: SMALL, act: amendAndApprove },
];

/** Over the boundary between two histories. */
const LONG_STAGES: readonly Stage[] = [
  { name: 'continues', setting: CROSSING, at: { activity: 'drainNode', node: 'w2' }, runThatStarted: 'w2', act: cross },
  { name: 'continued', setting: CROSSING, at: { activity: 'drainNode', node: 'w2' }, act: cross },
  { name: 'continued-verify', setting: LONG, at: { activity: 'verifyCluster' } },
  { name: 'done-continued', setting: LONG },
];

export const CLUSTER_STAGES: readonly Stage[] = [...PHASES, ...ENDS, ...OPERATOR, ...RESUMED, ...DECIDED_CLUSTER_STAGES, ...ROLLBACK_CLUSTER_STAGES, ...RESTORE_CLUSTER_STAGES, ...LONG_STAGES];

/** Lets the upgrade go on in a new history while the drain of w2 takes its time. */
async function cross(trial: Trial, reached: Promise<void>): Promise<void> {
  await reached;
  await untilContinued(trial, 'w2');
}

/** Pauses before the workers, lets the cluster become another one, and resumes: until it was read. */
async function resumeAfter(trial: Trial, change: Parameters<Trial['cluster']['become']>[0]): Promise<void> {
  await trial.handle.signal(pauseSignal, { ...BY, after: 'control-plane' });
  await untilState(trial, 'paused');
  trial.cluster.become(change);
  await trial.handle.signal(resumeSignal, BY);
  await until(trial, ({ resumed, resuming }) => resumed !== undefined && resuming === undefined);
}

async function amendAndApprove(trial: Trial): Promise<void> {
  await resumeAfter(trial, (plan) => withNode(withoutNodes(plan, ['w2']), 'w9'));
  await approve(trial);
  await trial.handle.result();
}

async function approve(trial: Trial): Promise<void> {
  const { approval } = await until(trial, (status) => status.approval !== undefined);
  await trial.handle.executeUpdate(approveUpdate, { args: [{ ...BY, planHash: approval?.planHash ?? '' }] });
}

async function hold(trial: Trial, node: string): Promise<void> {
  await untilNode(trial, node, 'held');
}

async function skip(trial: Trial, node: string): Promise<void> {
  await trial.handle.signal(skipNodeSignal, { node, ...BY, reason: 'its disk is replaced' });
}

async function retry(trial: Trial, node: string): Promise<void> {
  await trial.handle.signal(retryNodeSignal, { node, ...BY });
}
