import { cancelSignal, resolveHoldUpdate, setPolicyUpdate } from '../../workflows/messages.ts';
import { failing, gate, nodeState, until } from '../workflows/harness.ts';
import type { Stage } from './stage.ts';

/** A retry, a drain that is given more time and then forced, a wider window, and a cancel while a worker drains. */
function decided(): Pick<Stage, 'setting' | 'act'> {
  let isStuck = true;
  const stuck = gate();
  return {
    setting: {
      controlPlanes: 1, workers: 6,
      behave: (step, node, call) => {
        if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
        if (step !== 'drainNode' || !((node === 'w2' && isStuck) || node === 'w4')) return;
        if (node === 'w4') stuck.open();
        throw new Error('a budget allows none now');
      },
    },
    act: async (trial) => {
      const { handle, cluster } = trial;
      const confirm = handle.workflowId.slice('upgrade/'.length);
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'retry', by: 'ann@laptop', reason: 'mended' }] });
      await until(trial, (status) => nodeState(status, 'w2') === 'draining');
      await handle.executeUpdate(setPolicyUpdate, { args: [{ drainTimeout: '1h', maxUnavailable: 2, by: 'ann@laptop' }] });
      await until(trial, () => cluster.drains.some(({ node, drain }) => node.name === 'w2' && drain.timeoutSeconds === 3600));
      await handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w2', decision: 'force-drain', confirm, by: 'ann@laptop' }] });
      await until(trial, () => cluster.drains.some(({ force }) => force === true));
      isStuck = false;
      await stuck.opened;
      await handle.signal(cancelSignal, { by: 'ann@laptop', reason: 'enough' });
      await handle.result();
    },
  };
}

export const DECIDED_CLUSTER_STAGES: readonly Stage[] = [{ name: 'cancelled-decided', ...decided() }];

export const DECIDED_NODE_STAGES: readonly Stage[] = [
  { name: 'worker-forced-done', node: 'w2', ...decided() },
  { name: 'worker-cancelled-given-back', node: 'w4', ...decided() },
];
