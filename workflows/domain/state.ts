/** States of a node, in the order a good upgrade passes them (design §2). The same strings are used everywhere. Packed runs hold their places: new ones come last. */
export const NODE_STATES = ['pending', 'preparing', 'cordoning', 'draining', 'upgrading', 'verifying', 'done', 'skipped', 'held', 'rolled-back'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Phases of an upgrade, in order; the last four end it. Staging belongs to `snapshot`: both come before the first change. */
export const UPGRADE_PHASES = ['preflight', 'snapshot', 'control-plane', 'workers', 'addons', 'rolling-back', 'verify', 'done', 'rolled-back', 'cancelled', 'failed'] as const;
export type UpgradePhase = (typeof UPGRADE_PHASES)[number];

/** What the upgrade as a whole is doing now. */
export const UPGRADE_STATES = ['running', 'paused', 'held', 'done', 'rolled-back', 'cancelled', 'failed'] as const;
export type UpgradeState = (typeof UPGRADE_STATES)[number];

export const ROLES = ['etcd', 'control-plane', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** Steps of a restore of the whole cluster, in their order: the first changes nothing, the second stops the control plane. */
export const RESTORE_STEPS = ['prepareRestore', 'stopControlPlane', 'restoreControlPlane', 'startControlPlane', 'restoreWorker'] as const;
export type RestoreStep = (typeof RESTORE_STEPS)[number];

/** Steps of one node, named as in histories, reports, host folders and `capstan logs NODE STEP`. Packed runs hold their places: new ones come last. */
export const NODE_STEPS = [
  'stageNode', 'upgradeKubeadm', 'upgradeEtcdMember', 'upgradeControlPlane',
  'cordonNode', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode', 'rollbackNode',
  ...RESTORE_STEPS,
] as const;
export type NodeStep = (typeof NODE_STEPS)[number];
/** State of a node while it takes the step. */
export const STATE_OF_STEP = {
  stageNode: 'preparing', upgradeKubeadm: 'preparing', upgradeEtcdMember: 'upgrading', upgradeControlPlane: 'upgrading',
  cordonNode: 'cordoning', drainNode: 'draining', upgradeKubelet: 'upgrading', rollbackNode: 'upgrading', waitNodeReady: 'verifying', uncordonNode: 'verifying',
  prepareRestore: 'preparing', stopControlPlane: 'upgrading', restoreControlPlane: 'upgrading', startControlPlane: 'verifying', restoreWorker: 'upgrading',
} as const satisfies Readonly<Record<NodeStep, NodeState>>;

/** The one that a node's own workflow begins with; staging comes before it, for all nodes. */
export const FIRST_STEP = 'upgradeKubeadm' satisfies NodeStep;

/** The step from which on a node is no longer as it was: to give it back then would leave it half upgraded. */
export function firstChange(roles: readonly Role[]): NodeStep {
  if (roles.includes('etcd')) return 'upgradeEtcdMember';
  return roles.includes('control-plane') ? 'upgradeControlPlane' : 'upgradeKubelet';
}

/**
 * Whether a node may be left as it is before this step, once the upgrade is cancelled. Not between the steps that watch one run of
 * kubeadm, and not after the kubelet was changed, or taken back: then it is seen to be Ready, and given back as any other.
 */
export function mayStopBefore(step: NodeStep, roles: readonly Role[]): boolean {
  switch (step) {
    case 'upgradeControlPlane': return !roles.includes('etcd');
    case 'waitNodeReady':
    case 'uncordonNode': return false;
    case 'stageNode':
    case 'upgradeKubeadm':
    case 'upgradeEtcdMember':
    case 'cordonNode':
    case 'drainNode':
    case 'upgradeKubelet':
    case 'rollbackNode':
    case 'prepareRestore': return true;
    case 'stopControlPlane':
    case 'restoreControlPlane':
    case 'startControlPlane':
    case 'restoreWorker': return false;
  }
}

/** Steps as they follow one another: up to a version, or back to the former one. */
const ORDER: readonly NodeStep[] = [
  'stageNode', 'upgradeKubeadm', 'upgradeEtcdMember', 'upgradeControlPlane',
  'cordonNode', 'drainNode', 'upgradeKubelet', 'rollbackNode', 'waitNodeReady', 'uncordonNode',
  ...RESTORE_STEPS,
];

/** True for a step of the whole cluster's way back, which no single node has. */
export function isRestoreStep(step: NodeStep): step is RestoreStep {
  return RESTORE_STEPS.some((known) => known === step);
}

export function comesBefore(step: NodeStep, other: NodeStep): boolean {
  return ORDER.indexOf(step) < ORDER.indexOf(other);
}
