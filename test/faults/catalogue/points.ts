import { EFFECTS } from './effects.ts';
import type { Effect } from './effects.ts';
import { MOMENTS, partOf, SIGNS, stepOf, STEPS } from './moments.ts';
import type { Moment, Where } from './moments.ts';

/** One thing that goes wrong at one moment, such as `drainNode.during.worker-killed`. */
export interface Point {
  readonly name: string;
  readonly moment: Moment;
  readonly effect: Effect;
  /** Nodes on which it can happen; null: the engine chooses, or it concerns the cluster as a whole. */
  readonly on: Where;
}

const HOST_MOMENTS = MOMENTS.filter((moment) => STEPS[stepOf(moment)].host !== null);
const UNIT_RUNS = HOST_MOMENTS.filter((moment) => partOf(moment) === 'during');
const API_WRITES: readonly Moment[] = ['acquireLease.before', 'taintNodes.before', 'cordonNode.before', 'drainNode.before', 'drainNode.during', 'uncordonNode.before', 'releaseTaints.before', 'upgradeAddon.before', 'upgradeAddon.during', 'verifyRestore.after', 'releaseLease.before'];
const API_MOMENTS: readonly Moment[] = [
  'planUpgrade.during', 'acquireLease.before', 'runPreflight.before', 'taintNodes.before', 'observeDrains.during', 'cordonNode.before', 'drainNode.before', 'drainNode.during', 'waitNodeReady.before', 'waitNodeReady.during',
  'uncordonNode.before', 'releaseTaints.before', 'upgradeAddon.before', 'upgradeAddon.during', 'upgradeAddon.after', 'verifyCluster.during', 'verifyRestore.during', 'verifyRestore.after', 'releaseLease.before',
];
const AROUND_DRAIN: readonly Moment[] = ['drainNode.during', 'waitNodeReady.before', 'uncordonNode.before'];

const TEMPORAL_CONTROLLED: readonly Moment[] = ['snapshotEtcd.during', 'stageNode.during', 'upgradeKubeadm.during', 'upgradeEtcdMember.during', 'upgradeControlPlane.during', 'drainNode.during', 'upgradeKubelet.during', 'waitNodeReady.before', 'rollbackNode.during', 'restoreControlPlane.during'];

/** Where each fault can happen. A new moment or effect is a line of data here, and its way of happening in `place/`. */
const TABLE: readonly (readonly [Effect, readonly Moment[]])[] = [
  ['worker-killed', MOMENTS],
  ['connection-cut', HOST_MOMENTS],
  ['connection-ended', UNIT_RUNS],
  ['host-silent', HOST_MOMENTS.filter((moment) => partOf(moment) === 'after')],
  ['unit-killed', UNIT_RUNS],
  ['host-rebooted', ['stageNode.during', 'upgradeKubeadm.during', 'kubeadmUpgradeNode.during', 'upgradeEtcdMember.during', 'upgradeControlPlane.during', 'upgradeKubelet.before', 'upgradeKubelet.during', 'upgradeKubelet.after', 'drainNode.during', 'waitNodeReady.during', 'uncordonNode.before', 'recordControlPlane.during', 'rollbackNode.during', 'prepareRestore.during', 'stopControlPlane.during', 'restoreControlPlane.during', 'startControlPlane.during', 'restoreWorker.during']],
  ['answer-lost', API_WRITES],
  ['api-gone', API_MOMENTS],
  ['api-5xx', API_MOMENTS],
  ['api-slow', AROUND_DRAIN],
  ['api-forgets', AROUND_DRAIN],
  ['api-silent', AROUND_DRAIN],
  ['second-worker', ['stageNode.during', 'upgradeKubeadm.during', 'upgradeEtcdMember.during', 'upgradeControlPlane.during', 'drainNode.during', 'upgradeKubelet.during', 'rollbackNode.during', 'stopControlPlane.during', 'restoreControlPlane.during']],
  ['temporal-restarted', ['stageNode.during', 'upgradeControlPlane.during', 'drainNode.during', 'upgradeKubelet.during', 'uncordonNode.after', 'rollbackNode.during', 'restoreControlPlane.during']],
  ['step-paused', TEMPORAL_CONTROLLED],
  ['step-reset', TEMPORAL_CONTROLLED],
  ['workflow-paused', TEMPORAL_CONTROLLED],
  ['package-manager-locked', ['stageNode.before', 'upgradeKubeadm.before', 'upgradeKubelet.before', 'rollbackNode.before', 'restoreControlPlane.before']],
  ['package-broken', ['upgradeKubeadm.during', 'upgradeKubelet.during', 'rollbackNode.during', 'restoreControlPlane.during', 'restoreWorker.during']],
  ['disk-full', ['stageNode.before', 'upgradeKubelet.during']],
  ['kubeadm-fails', ['kubeadmUpgradeNode.during', 'upgradeControlPlane.during']],
  ['kubelet-crashes', ['upgradeKubelet.before']],
  ['kubelet-never-ready', ['upgradeKubelet.before']],
  ['kubelet-unready-again', ['waitNodeReady.during']],
  ['budget-blocks', ['drainNode.before', 'drainNode.during']],
  ['etcd-member-lost', ['upgradeKubeadm.before', 'upgradeEtcdMember.after', 'drainNode.after']],
  ['etcd-leader-changes', ['upgradeKubeadm.before', 'upgradeEtcdMember.before', 'upgradeEtcdMember.after']],
  ['clock-forward', ['stageNode.during', 'upgradeEtcdMember.during', 'drainNode.during', 'waitNodeReady.before']],
  ['clock-back', ['upgradeEtcdMember.during', 'drainNode.during', 'upgradeKubelet.during']],
  ['host-clock-forward', ['upgradeKubelet.before', 'waitNodeReady.before']],
  ['host-clock-back', ['upgradeKubelet.before', 'drainNode.during']],
];

/** Faults for one role only. An eviction is another such: a control-plane node has no pods that a drain would evict. */
const ONLY_ON: Partial<Record<Effect, Where>> = { 'budget-blocks': 'worker', 'etcd-member-lost': 'control-plane', 'etcd-leader-changes': 'control-plane' };

/** Every fault point, in a fixed order. */
export const POINTS: readonly Point[] = TABLE.flatMap(([effect, moments]) => moments.map((moment): Point => ({
  name: `${moment}.${effect}`, moment, effect, on: ONLY_ON[effect] ?? (moment === 'drainNode.during' ? 'worker' : STEPS[stepOf(moment)].on),
})));

/** The question is wrong: the message says what is allowed. */
export class UnknownPoint extends Error {}

/** @throws UnknownPoint with the points that are there. */
export function pointOf(name: string): Point {
  const found = POINTS.find((point) => point.name === name);
  if (found !== undefined) return found;
  throw new UnknownPoint(`There is no fault point "${name}". Allowed:\n${POINTS.map((point) => `  ${point.name}`).join('\n')}`);
}

/** The tables of docs/faults.md. */
export function pointTables(): string {
  const effects = Object.entries(EFFECTS);
  return [
    `${POINTS.length} points, each a moment and what happens at it: \`MOMENT.FAULT\`.`, '',
    '| moment | when, as the twin sees it | faults |', '| --- | --- | --- |',
    ...MOMENTS.map((moment) => `| \`${moment}\` | ${SIGNS[moment]} | ${POINTS.filter((point) => point.moment === moment).map(({ effect }) => `\`${effect}\``).join(', ')} |`), '',
    '| fault | what happens | needs of its own |', '| --- | --- | --- |',
    ...effects.map(([name, { does, needs }]) => `| \`${name}\` | ${does} | ${needs === 'nothing' ? '' : needs === 'worker' ? 'a worker' : 'a server and a worker'} |`),
  ].join('\n');
}
