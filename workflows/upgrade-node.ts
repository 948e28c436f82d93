import { setHandler } from '@temporalio/workflow';
import { api, FIRST, host } from './activity-options.ts';
import type { PlannedNode } from './domain/plan.ts';
import type { DrainSpec } from './domain/spec.ts';
import { firstChange } from './domain/state.ts';
import type { NodeStep } from './domain/state.ts';
import type { ControlPlaneStepInput, CordonInput, NodeStepInput, PackageStepInput, PlannedKubeadm, UpgradeRef } from './domain/step.ts';
import { forceDrainSignal, nodePolicySignal, pauseSignal, probeSignal, resumeSignal, skipNodeSignal, tellResultSignal } from './messages.ts';
import type { NodeResult } from './messages.ts';
import { openNodeDrain } from './node-drain.ts';
import type { NodeDrain } from './node-drain.ts';
import { openNodeSequence } from './node-sequence.ts';
import { isNodePolicy, ours, word } from './own-messages.ts';
import { tellResult } from './tell.ts';
import type { NodeSequence, NodeWay } from './node-sequence.ts';

export interface UpgradeNodeInput {
  readonly upgrade: UpgradeRef;
  readonly node: PlannedNode;
  readonly retry: number;
  /** Step to begin with, those before it being done; null begins with the first. */
  readonly from: NodeStep | null;
  readonly force: boolean;
  /** A person decided that its drain deletes what it cannot evict. Absent is false. */
  readonly forceDrain?: boolean;
  readonly repository: string | null;
  readonly imageRepository: string | null;
  readonly kubeadm: PlannedKubeadm;
  readonly drain: DrainSpec;
  /** Width of the window that this node is in. */
  readonly maxUnavailable: number;
  /** Nodes that carry an etcd member, this one included; empty where etcd is external. */
  readonly members: readonly PlannedNode[];
  /** Names of all control-plane nodes; absent for a worker. */
  readonly controlPlane?: readonly string[];
  readonly acceptOutage: boolean;
  readonly tells: NodeTells;
}

/** What a node tells its upgrade: each message costs the upgrade's history. */
export interface NodeTells {
  /** Every step that it enters. */
  readonly steps: boolean;
  /** That its pods are gone. */
  readonly drained: boolean;
  /** Its end, by a message to the upgrade's workflow id, for an upgrade that may continue as new meanwhile. `tellResult` turns it on. */
  readonly result: boolean;
  /** All its steps in the result, or only those that were tried more than once. */
  readonly details: boolean;
}

/**
 * One node, from the kubeadm package to uncordon, in the order of kubeadm's documentation.
 * A step that fails ends this run as `held`; the parent asks a person and starts another run from that step.
 */
export async function upgradeNode(input: UpgradeNodeInput): Promise<NodeResult> {
  return runNode(input, { change: firstChange(input.node.roles), end: 'done' }, (sequence, drain) => upgrade(input, sequence, drain));
}

/** Runs the steps of a node while it listens to its upgrade. Registers its messages before the first await. */
export async function runNode(input: UpgradeNodeInput, way: NodeWay, steps: (sequence: NodeSequence, drain: NodeDrain) => Promise<void>): Promise<NodeResult> {
  const sequence = openNodeSequence(input, way);
  const drain = openNodeDrain(input);
  setHandler(pauseSignal, word('pause', sequence.pause));
  setHandler(resumeSignal, word('resume', sequence.resume));
  setHandler(skipNodeSignal, word('skipNode', sequence.skip));
  setHandler(forceDrainSignal, word('forceDrain', drain.force));
  setHandler(nodePolicySignal, ours('nodePolicy', isNodePolicy, drain.set));
  setHandler(probeSignal, () => undefined);
  let tellsResult = input.tells.result;
  setHandler(tellResultSignal, word('tellResult', () => { tellsResult = true; }));
  const ended = await sequence.run(() => steps(sequence, drain));
  const result = drain.isForced() ? { ...ended, drainForced: true } : ended;
  if (tellsResult) await tellResult(input, result);
  return result;
}

async function upgrade(input: UpgradeNodeInput, sequence: NodeSequence, drain: NodeDrain): Promise<void> {
  const { epochMs, step } = sequence;
  const { node, upgrade: ref, retry } = input;
  const base: NodeStepInput = { upgrade: ref, node, retry, epochMs };
  const packages: PackageStepInput = { ...base, repository: input.repository, imageRepository: input.imageRepository, kubeadm: input.kubeadm };
  const to = node.to;

  await step('upgradeKubeadm', () => host.upgradeKubeadm.executeWithOptions({ summary: `${node.name}: kubeadm ${to}` }, [packages]));

  if (node.roles.includes('control-plane')) {
    const controlPlane: ControlPlaneStepInput = { ...base, imageRepository: input.imageRepository, kubeadm: input.kubeadm, force: input.force, members: input.members, acceptOutage: input.acceptOutage, ...(input.controlPlane === undefined ? {} : { controlPlane: input.controlPlane }) };
    if (node.roles.includes('etcd')) {
      await step('upgradeEtcdMember', () => host.upgradeEtcdMember.executeWithOptions({ summary: `${node.name}: etcd member` }, [controlPlane]));
    }
    const command = node.first ? `kubeadm upgrade apply ${to}` : 'kubeadm upgrade node';
    await step('upgradeControlPlane', () => host.upgradeControlPlane.executeWithOptions({ summary: `${node.name}: ${command}` }, [controlPlane]));
  }

  await takeDown(input, sequence, drain);
  const members = node.roles.includes('etcd') ? { members: input.members, acceptOutage: input.acceptOutage } : {};
  const kubelet = await step('upgradeKubelet', () => host.upgradeKubelet.executeWithOptions({ summary: `${node.name}: kubelet ${to}` }, [{ ...packages, ...members }]));
  await bringBack(input, sequence, kubelet?.restartedAt ?? null);
}

/** Cordons and drains the node. */
export async function takeDown({ upgrade: ref, node, retry, maxUnavailable, controlPlane, drain: policy }: UpgradeNodeInput, { epochMs, step }: NodeSequence, drain: NodeDrain): Promise<void> {
  const cordon: CordonInput = { upgrade: ref, node, retry, epochMs, maxUnavailable, ...(controlPlane === undefined ? {} : { controlPlane }) };
  // A drain cordons by itself, as kubectl's does.
  if (policy.enabled) {
    await step('drainNode', () => drain.run(cordon));
  } else {
    await step('cordonNode', () => api.cordonNode.executeWithOptions({ summary: `${node.name}: cordon` }, [cordon]));
  }
}

/** Waits until the node is Ready at `node.to` after its kubelet was restarted, and gives it back. */
export async function bringBack({ upgrade: ref, node, retry }: UpgradeNodeInput, { epochMs, step }: NodeSequence, restartedAt: string | null): Promise<void> {
  const base: NodeStepInput = { upgrade: ref, node, retry, epochMs };
  await step('waitNodeReady', () => api.waitNodeReady.executeWithOptions({ summary: `${node.name}: Ready at ${node.to}`, priority: FIRST }, [{ ...base, restartedAt }]));
  await step('uncordonNode', () => api.uncordonNode.executeWithOptions({ summary: `${node.name}: uncordon`, priority: FIRST }, [{ ...base, release: false }]));
}
