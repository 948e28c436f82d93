import type { NodeStep } from '../../workflows/domain/state.ts';
import { pauseSignal, resolveHoldUpdate, retryNodeSignal, rollbackSignal, rollbackUpdate, skipNodeSignal } from '../../workflows/messages.ts';
import { until } from '../workflows/harness.ts';
import type { Setting, Trial } from '../workflows/harness.ts';
import { failing, untilIdle, untilNode, untilSignalled } from './stage.ts';
import type { Stage } from './stage.ts';

const BY = { by: 'ann@laptop', reason: 'errors rise' };
const HELD: Setting = { controlPlanes: 1, workers: 2, behave: failing('upgradeKubelet', 'w1') };
/** Its kubelet has not changed, so it is not drained on its way back. */
const UNCHANGED: Setting = { controlPlanes: 1, workers: 2, behave: failing('upgradeKubeadm', 'w1') };
const UNDRAINED: Setting = { ...HELD, spec: (spec) => ({ ...spec, pools: spec.pools.map((pool) => ({ ...pool, drain: { ...pool.drain, enabled: false } })) }) };
const CONTROL_PLANE: Setting = { controlPlanes: 2, workers: 1, behave: failing('upgradeKubeadm', 'cp2') };
const BY_SPEC: Setting = { ...HELD, spec: (spec) => ({ ...spec, strategy: { onFailure: 'rollback-node' } }) };
/** So few events in a history that all workers go back over boundaries between two of them. */
const LONG: Setting = { controlPlanes: 1, workers: 8, maxUnavailable: 3, limits: { events: 100, lookMs: 60_000 }, behave: failing('upgradeKubelet', 'w8') };

/** The upgrade, while nodes go back and afterwards. */
export const ROLLBACK_CLUSTER_STAGES: readonly Stage[] = [
  { name: 'rolling-back', setting: HELD, at: { activity: 'rollbackNode', node: 'w1' }, act: async (trial, reached) => { await allBack(trial, 'w1'); await reached; } },
  { name: 'rolled-back', setting: { controlPlanes: 1, workers: 3, maxUnavailable: 2, behave: failing('upgradeKubelet', 'w3') }, act: async (trial) => { await allBack(trial, 'w3'); await trial.handle.result(); } },
  { name: 'rolled-back-continued', setting: LONG, act: async (trial) => { await allBack(trial, 'w8'); await trial.handle.result(); } },
  { name: 'workers-rolling-back', setting: HELD, at: { activity: 'rollbackNode', node: 'w1' }, act: async (trial, reached) => { await back(trial, 'w1'); await reached; } },
  { name: 'done-one-rolled-back', setting: HELD, act: async (trial) => { await back(trial, 'w1'); await trial.handle.result(); } },
  { name: 'done-rolled-back-by-spec', setting: BY_SPEC, act: async (trial) => { await trial.handle.result(); } },
  {
    name: 'done-upgraded-one-rolled-back', setting: { controlPlanes: 1, workers: 3, maxUnavailable: 2 }, at: { activity: 'upgradeKubelet', node: 'w3' },
    act: async (trial, reached, release) => {
      await reached;
      await untilNode(trial, 'w1', 'done');
      await trial.handle.signal(rollbackSignal, { scope: 'node', node: 'w1', ...BY });
      await untilNode(trial, 'w1', 'rolled-back');
      release();
      await trial.handle.result();
    },
  },
  { name: 'held-rolling-back', setting: broken(), act: async (trial) => { await back(trial, 'w1'); await heldAgain(trial); } },
  { name: 'failed-control-plane-rolled-back', setting: CONTROL_PLANE, act: async (trial) => { await back(trial, 'cp2'); await trial.handle.result(); } },
  {
    name: 'cancelled-rolling-back', setting: HELD, at: { activity: 'rollbackNode', node: 'w1' },
    act: async (trial, reached, release) => { await allBack(trial, 'w1'); await reached; await trial.handle.cancel(); release(); await trial.handle.result(); },
  },
];

const STEPS: readonly (readonly [NodeStep, number])[] = [['drainNode', 2], ['rollbackNode', 1], ['waitNodeReady', 1], ['uncordonNode', 1]];

/** The workflow `rollbackNode` of one node. */
export const ROLLBACK_STAGES: readonly Stage[] = [
  ...STEPS.map(([step, call]): Stage => ({ name: `worker-${step}`, node: 'w1', setting: HELD, at: { activity: step, node: 'w1', call }, act: backUntilReached })),
  { name: 'worker-cordonNode', node: 'w1', setting: UNDRAINED, at: { activity: 'cordonNode', node: 'w1', call: 2 }, act: backUntilReached },
  { name: 'worker-rolled-back', node: 'w1', setting: HELD, act: backToTheEnd('w1') },
  { name: 'worker-unchanged-rolled-back', node: 'w1', setting: UNCHANGED, act: backToTheEnd('w1') },
  { name: 'control-plane-rolled-back', node: 'cp2', setting: CONTROL_PLANE, act: backToTheEnd('cp2') },
  { name: 'worker-held', node: 'w1', setting: broken(), act: async (trial) => { await back(trial, 'w1'); await heldAgain(trial); } },
  {
    name: 'worker-retried-rolled-back', node: 'w1', setting: broken(1),
    act: async (trial) => { await back(trial, 'w1'); await heldAgain(trial); await trial.handle.signal(retryNodeSignal, { node: 'w1' }); await untilNode(trial, 'w1', 'rolled-back'); },
  },
  {
    name: 'worker-paused', node: 'w1', setting: HELD, at: { activity: 'drainNode', node: 'w1', call: 2 },
    act: async (trial, reached, release) => {
      await backUntilReached(trial, reached);
      await trial.handle.signal(pauseSignal, { now: true });
      await untilSignalled(trial, 'w1', 'pause');
      release();
      await untilIdle(trial, 'w1');
    },
  },
  {
    name: 'worker-skipped', node: 'w1', setting: HELD, at: { activity: 'drainNode', node: 'w1', call: 2 },
    act: async (trial, reached, release) => {
      await backUntilReached(trial, reached);
      await trial.handle.signal(skipNodeSignal, { node: 'w1' });
      await untilSignalled(trial, 'w1', 'skipNode');
      release();
      await untilNode(trial, 'w1', 'skipped');
    },
  },
];

/** Held at its kubelet, and then as often as said at its way back. */
function broken(times = Infinity): Setting {
  const [up, back] = [failing('upgradeKubelet', 'w1'), failing('rollbackNode', 'w1', times)];
  return { ...HELD, behave: async (step, node, call) => { await up(step, node, call); await back(step, node, call); } };
}

async function back(trial: Trial, node: string): Promise<void> {
  await untilNode(trial, node, 'held');
  await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node, decision: 'rollback', ...BY }] });
}

async function allBack(trial: Trial, held: string): Promise<void> {
  await untilNode(trial, held, 'held');
  await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers', ...BY }] });
}

async function heldAgain(trial: Trial): Promise<void> {
  await until(trial, ({ nodes }) => nodes.some(({ name, state, step }) => name === 'w1' && state === 'held' && step === 'rollbackNode'));
}

async function backUntilReached(trial: Trial, reached: Promise<void>): Promise<void> {
  await back(trial, 'w1');
  await reached;
}

function backToTheEnd(node: string): (trial: Trial) => Promise<void> {
  return async (trial) => { await back(trial, node); await untilNode(trial, node, 'rolled-back'); };
}
