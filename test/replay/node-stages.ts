import { isRestoreStep, NODE_STEPS } from '../../workflows/domain/state.ts';
import type { NodeStep } from '../../workflows/domain/state.ts';
import { pauseSignal, retryNodeSignal, skipNodeSignal } from '../../workflows/messages.ts';
import type { Setting } from '../workflows/harness.ts';
import { DECIDED_NODE_STAGES } from './decision-stages.ts';
import { failing, untilIdle, untilNode, untilSignalled } from './stage.ts';
import type { Stage } from './stage.ts';

interface Kind {
  readonly name: string;
  readonly node: string;
  readonly setting: Setting;
  readonly steps: readonly NodeStep[];
  /** While it runs, the node may still be given back. */
  readonly early: NodeStep;
}

// `stageNode` is a step of the upgrade, a drain cordons by itself, `rollbackNode` and a restore are workflows of their own.
const OWN_STEPS = NODE_STEPS.filter((step) => step !== 'stageNode' && step !== 'cordonNode' && step !== 'rollbackNode' && !isRestoreStep(step));

const CONTROL_PLANE: Kind = { name: 'control-plane', node: 'cp2', setting: { controlPlanes: 2, workers: 1 }, steps: OWN_STEPS, early: 'upgradeKubeadm' };
const WORKER: Kind = {
  name: 'worker', node: 'w1', setting: { controlPlanes: 1, workers: 2 }, early: 'drainNode',
  steps: OWN_STEPS.filter((step) => step !== 'upgradeEtcdMember' && step !== 'upgradeControlPlane'),
};
const UNDRAINED: Setting = {
  controlPlanes: 1, workers: 2,
  spec: (spec) => ({ ...spec, pools: spec.pools.map((pool) => ({ ...pool, drain: { ...pool.drain, enabled: false } })) }),
};

function stagesOf({ name, node, setting, steps, early }: Kind): readonly Stage[] {
  const ended = (behave: Setting['behave']): Setting => ({ ...setting, ...(behave === undefined ? {} : { behave }) });
  return [
    ...steps.map((step): Stage => ({ name: `${name}-${step}`, node, setting, at: { activity: step, node } })),
    { name: `${name}-done`, node, setting, act: (trial) => untilNode(trial, node, 'done') },
    { name: `${name}-held`, node, setting: ended(failing('upgradeKubelet', node)), act: (trial) => untilNode(trial, node, 'held') },
    {
      name: `${name}-retried`, node, setting: ended(failing('upgradeKubelet', node, 1)), at: { activity: 'upgradeKubelet', node, call: 2 },
      act: async (trial, reached) => {
        await untilNode(trial, node, 'held');
        await trial.handle.signal(retryNodeSignal, { node });
        await reached;
      },
    },
    {
      name: `${name}-retried-done`, node, setting: ended(failing('upgradeKubelet', node, 1)),
      act: async (trial) => {
        await untilNode(trial, node, 'held');
        await trial.handle.signal(retryNodeSignal, { node });
        await untilNode(trial, node, 'done');
      },
    },
    {
      name: `${name}-paused`, node, setting, at: { activity: early, node },
      act: async (trial, reached, release) => {
        await reached;
        await trial.handle.signal(pauseSignal, { now: true });
        await untilSignalled(trial, node, 'pause');
        release();
        await untilIdle(trial, node);
      },
    },
    {
      name: `${name}-skipped`, node, setting, at: { activity: early, node },
      act: async (trial, reached, release) => {
        await reached;
        await trial.handle.signal(skipNodeSignal, { node });
        await untilSignalled(trial, node, 'skipNode');
        release();
        await untilNode(trial, node, 'skipped');
      },
    },
    {
      name: `${name}-given-back`, node, setting, at: { activity: 'upgradeKubelet', node },
      act: async (trial, reached, release) => {
        await reached;
        await trial.handle.cancel();
        release();
        await trial.handle.result();
      },
    },
  ];
}

export const NODE_STAGES: readonly Stage[] = [
  ...stagesOf(CONTROL_PLANE), ...stagesOf(WORKER),
  { name: 'worker-cordonNode', node: 'w1', setting: UNDRAINED, at: { activity: 'cordonNode', node: 'w1' } },
  ...DECIDED_NODE_STAGES,
];
