import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { UncordonInput } from '../../../workflows/domain/step.ts';
import type { InvariantName } from '../invariants/invariants.ts';
import { createUpgradeKubelet } from '../../../activities/packages/upgrade-kubelet.ts';
import { uncordon, withDeletions, withoutApiServers } from './of-the-api.ts';
import { withAnotherLeader } from './of-etcd.ts';
import { pretend, withAnswer, withSecondRun } from './plant.ts';
import type { Plant } from './plant.ts';

/** Longer than what may become worse between a look at etcd and the first effect. */
const LATE_MS = 6_500;
/** Longer than a node takes for a stage. */
const APART_MS = 2_000;

/** For each invariant a bug of the engine that breaks it, and nothing else. */
export const PLANTS: Readonly<Record<InvariantName, Plant>> = {
  window: {
    bug: 'the window of the pool is as wide as the pool',
    activities: ({ planUpgrade }) => ({
      planUpgrade: async (input) => {
        const planned = await planUpgrade(input);
        const phases = planned.plan.phases.map((phase) => (phase.phase === 'workers' ? { ...phase, maxUnavailable: 3 } : phase));
        return { ...planned, plan: { ...planned.plan, phases } };
      },
    }),
  },
  'one-control-plane-node': {
    bug: 'a control-plane node is given back only when the next one has been begun',
    activities: ({ uncordonNode, upgradeControlPlane, taintNodes }, ports) => {
      const postponed: UncordonInput[] = [];
      const release = async (): Promise<void> => {
        for (const input of postponed.splice(0)) await uncordon(ports, input);
      };
      return {
        uncordonNode: async (input) => {
          if (!input.node.roles.includes('control-plane')) return uncordonNode(input);
          postponed.push(input);
          return pretend();
        },
        upgradeControlPlane: async (input) => {
          await release();
          return upgradeControlPlane(input);
        },
        taintNodes: async (input) => {
          await release();
          return taintNodes(input);
        },
      };
    },
  },
  'cordoned-first': { bug: 'workers are not drained', activities: ({ drainNode }) => ({ drainNode: async (input) => (input.node.roles.includes('worker') ? pretend() : drainNode(input)) }) },
  'etcd-whole': { bug: 'alarms of etcd are not seen', ports: (ports) => withAnswer(ports, 'read-etcd', (text) => text.replace(/"alarms":\[[^\]]*\]/, '"alarms":[]')) },
  quorum: {
    bug: 'every member of etcd is taken for healthy',
    ports: (ports) => withAnswer(ports, 'read-etcd', (text) => text.replaceAll('"health":false', '"health":true')),
    activities: late,
  },
  'leader-last': { bug: 'another member of etcd is taken for the leader', ports: withAnotherLeader, activities: late },
  'intent-once': { bug: 'staging is run again after its result', ports: (ports) => withSecondRun(ports, 'stageNode', (step) => ({ ...step, retry: step.retry + 1 })) },
  'effect-once': { bug: 'kubeadm is run a second time under another name', ports: (ports) => withSecondRun(ports, 'kubeadmUpgradeNode', (step) => ({ ...step, step: 'kubeadmUpgradeNodeAgain' })) },
  'cordon-of-a-person': {
    bug: 'every node is uncordoned, whoever cordoned it',
    activities: ({ uncordonNode }, ports) => ({
      uncordonNode: async (input) => {
        const result = await uncordonNode(input);
        await uncordon(ports, input);
        return result;
      },
    }),
  },
  'nothing-left': { bug: 'the Lease is not given back', activities: () => ({ releaseLease: async () => pretend() }) },
  skew: {
    bug: 'the kubelet of a control-plane node is upgraded before its API server',
    activities: ({ upgradeControlPlane, uncordonNode }, ports) => {
      const postponed = new Map<string, () => Promise<unknown>>();
      return {
        upgradeEtcdMember: async () => pretend(),
        upgradeControlPlane: async (input) => {
          postponed.set(input.node.name, () => upgradeControlPlane(input));
          return { ...pretend(), backups: [] };
        },
        upgradeKubelet: createUpgradeKubelet(withoutApiServers(ports)),
        uncordonNode: async (input) => {
          await postponed.get(input.node.name)?.();
          return uncordonNode(input);
        },
      };
    },
  },
  'restore-together': {
    bug: 'a control-plane node is started again without waiting for the others',
    activities: ({ restoreControlPlane, startControlPlane }) => ({
      restoreControlPlane: async (input) => {
        if (input.node.name !== 'cp1') await delay(APART_MS);
        const result = await restoreControlPlane(input);
        // Its result is there when the others have come so far.
        await startControlPlane(input);
        return result;
      },
    }),
  },
  'snapshot-first': {
    bug: 'no snapshot is taken',
    activities: () => ({ snapshotEtcd: async () => ({ ...pretend(), node: 'cp1', file: '/nowhere.db', sha256: '0'.repeat(64), bytes: 1, revision: 1, takenAt: new Date().toISOString() }) }),
  },
  budgets: { bug: 'pods are deleted instead of evicted', ports: withDeletions },
  ends: {
    bug: 'a node is held without a word',
    activities: ({ waitNodeReady }) => ({
      waitNodeReady: async (input) => {
        if (input.node.name === 'w1' && input.retry === 0) throw ApplicationFailure.create({ message: '', type: 'NodeNotReady', nonRetryable: true });
        return waitNodeReady(input);
      },
    }),
  },
  'done-is-done': {
    bug: 'one kubelet is not upgraded, and nobody looks',
    activities: ({ upgradeKubelet, waitNodeReady }) => ({
      upgradeKubelet: async (input) => (input.node.name === 'w2' ? { ...pretend(), restartedAt: null } : upgradeKubelet(input)),
      waitNodeReady: async (input) => (input.node.name === 'w2' ? pretend() : waitNodeReady(input)),
      verifyCluster: async () => pretend(),
    }),
  },
};

/** The first control-plane node is begun late enough that nobody could call its look at etcd a fresh one. */
function late({ upgradeKubeadm }: Parameters<NonNullable<Plant['activities']>>[0]): ReturnType<NonNullable<Plant['activities']>> {
  return {
    upgradeKubeadm: async (input) => {
      if (input.node.roles.includes('control-plane')) await delay(LATE_MS);
      return upgradeKubeadm(input);
    },
  };
}
