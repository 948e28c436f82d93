import { cancelSignal, resolveHoldUpdate, retryNodeSignal, rollbackUpdate } from '../../workflows/messages.ts';
import { nodeState, until } from '../workflows/harness.ts';
import type { Restoring, RestoreSetting, Setting, Trial } from '../workflows/harness.ts';
import type { Moment } from './brake.ts';
import { failing, untilNode } from './stage.ts';
import type { Stage } from './stage.ts';

/** A point in the life of a restore outside an upgrade. */
export interface RestoreStage {
  readonly name: string;
  readonly setting?: RestoreSetting;
  /** The restore stands still here until the history has been read. */
  readonly at?: Moment;
  /** Default: to the moment, or to the end where there is none. */
  readonly act?: (restoring: Restoring, reached: Promise<void>, release: () => void) => Promise<void>;
}

const MOMENTS: readonly (readonly [name: string, moment: Moment])[] = [
  ['planning', { activity: 'planRestore' }], ['locking', { activity: 'acquireLease' }],
  ...(['prepareRestore', 'stopControlPlane', 'restoreControlPlane', 'startControlPlane'] as const).map((activity) => [activity, { activity, node: 'cp2' }] as const),
  ['restoreWorker', { activity: 'restoreWorker', node: 'w1' }], ['verifying', { activity: 'verifyRestore' }],
];

/** Every stage of `restoreCluster`. */
export const RESTORE_STAGES: readonly RestoreStage[] = [
  ...MOMENTS.map(([name, at]) => ({ name, at })),
  { name: 'rolled-back' },
  { name: 'rolled-back-one-node', setting: { controlPlanes: 1, workers: 0 } },
  { name: 'failed-preparing', setting: { behave: failing('prepareRestore', 'cp2') } },
  { name: 'failed-moved', setting: { confirmed: (plan) => ({ ...plan, to: 'v1.32.9' }) } },
  { name: 'failed-verifying', setting: { behave: failing('verifyRestore', 'w1+w2') } },
  { name: 'held', setting: { behave: failing('restoreControlPlane', 'cp2') }, act: (restoring) => held(restoring, 'cp2') },
  {
    name: 'rolled-back-retried', setting: { behave: failing('restoreControlPlane', 'cp2', 1) },
    act: async (restoring) => { await held(restoring, 'cp2'); await restoring.handle.signal(retryNodeSignal, { node: 'cp2' }); await restoring.handle.result(); },
  },
  {
    name: 'rolled-back-worker-skipped', setting: { behave: failing('restoreWorker', 'w1') },
    act: async (restoring) => {
      await held(restoring, 'w1');
      await restoring.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'skip' }] });
      await restoring.handle.result();
    },
  },
  {
    name: 'cancelled', at: { activity: 'prepareRestore', node: 'cp2' },
    act: async ({ handle }, reached, release) => { await reached; await handle.signal(cancelSignal, { by: 'ann@laptop' }); release(); await handle.result(); },
  },
];

async function held(restoring: Restoring, node: string): Promise<void> {
  await until(restoring, (status) => nodeState(status, node) === 'held');
}

const HELD: Setting = { controlPlanes: 3, workers: 2, behave: failing('upgradeKubelet', 'w1') };

/** The upgrade, while it runs a restore and afterwards. */
export const RESTORE_CLUSTER_STAGES: readonly Stage[] = [
  { name: 'rolling-back-whole', setting: HELD, at: { activity: 'stopControlPlane', node: 'cp1' }, act: async (trial, reached) => { await wholeBack(trial); await reached; } },
  { name: 'rolled-back-whole', setting: HELD, act: async (trial) => { await wholeBack(trial); await trial.handle.result(); } },
  {
    name: 'rolled-back-whole-landed', setting: { controlPlanes: 1, workers: 2 }, at: { activity: 'upgradeKubelet', node: 'w1' },
    act: async (trial, reached, release) => { await reached; await decide(trial); release(); await trial.handle.result(); },
  },
  {
    name: 'rolled-back-whole-retried', setting: { ...HELD, behave: async (step, node, call) => { await failing('upgradeKubelet', 'w1')(step, node, call); await failing('startControlPlane', 'cp2', 1)(step, node, call); } },
    act: async (trial) => { await wholeBack(trial); await untilNode(trial, 'cp2', 'held'); await trial.handle.signal(retryNodeSignal, { node: 'cp2' }); await trial.handle.result(); },
  },
  {
    name: 'cancelled-whole', setting: HELD, at: { activity: 'prepareRestore', node: 'cp1' },
    act: async (trial, reached, release) => { await wholeBack(trial); await reached; await trial.handle.signal(cancelSignal, { by: 'ann@laptop' }); release(); await trial.handle.result(); },
  },
];

async function wholeBack(trial: Trial): Promise<void> {
  await untilNode(trial, 'w1', 'held');
  await decide(trial);
}

async function decide({ handle }: Trial): Promise<void> {
  const confirm = handle.workflowId.slice('upgrade/'.length);
  await handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'cluster', confirm, by: 'ann@laptop', reason: 'errors rise' }] });
}
