import type { HostOperation } from '../../../simulator/hosts/faults.ts';

/** On which nodes a step is done; null: by the cluster as a whole, or on a node that the engine chooses. */
export type Where = 'any' | 'worker' | 'control-plane' | null;

interface StepPlace {
  readonly on: Where;
  /** Folder of the step on its host and the operation in whose middle `during` is; null for a step of the API. */
  readonly host: { readonly step: string; readonly operation: HostOperation } | null;
}

/** Steps by the names of `docs/steps.md`; `kubeadmUpgradeNode` is the second half of a worker's `upgradeKubeadm`. */
export const STEPS = {
  planUpgrade: { on: null, host: null },
  acquireLease: { on: null, host: null },
  runPreflight: { on: null, host: null },
  snapshotEtcd: { on: null, host: { step: 'snapshotEtcd', operation: 'snapshot etcd' } },
  recordControlPlane: { on: 'control-plane', host: { step: 'recordControlPlane', operation: 'copy files' } },
  stageNode: { on: 'any', host: { step: 'stageNode', operation: 'fetch packages' } },
  upgradeKubeadm: { on: 'any', host: { step: 'upgradeKubeadm', operation: 'install packages' } },
  kubeadmUpgradeNode: { on: 'worker', host: { step: 'kubeadmUpgradeNode', operation: 'kubeadm upgrade' } },
  observeEtcd: { on: null, host: null },
  upgradeEtcdMember: { on: 'control-plane', host: { step: 'kubeadmUpgrade', operation: 'replace etcd member' } },
  upgradeControlPlane: { on: 'control-plane', host: { step: 'kubeadmUpgrade', operation: 'kubeadm upgrade' } },
  taintNodes: { on: null, host: null },
  observeDrains: { on: null, host: null },
  cordonNode: { on: 'worker', host: null },
  drainNode: { on: 'any', host: null },
  upgradeKubelet: { on: 'any', host: { step: 'upgradeKubelet', operation: 'install packages' } },
  waitNodeReady: { on: 'any', host: null },
  uncordonNode: { on: 'any', host: null },
  rollbackNode: { on: 'worker', host: { step: 'rollbackNode', operation: 'install packages' } },
  planRestore: { on: null, host: null },
  prepareRestore: { on: 'control-plane', host: { step: 'prepareRestore', operation: 'restore snapshot' } },
  stopControlPlane: { on: 'control-plane', host: { step: 'stopControlPlane', operation: 'stop kubelet' } },
  restoreControlPlane: { on: 'control-plane', host: { step: 'restoreControlPlane', operation: 'install packages' } },
  startControlPlane: { on: 'control-plane', host: { step: 'startControlPlane', operation: 'restart kubelet' } },
  restoreWorker: { on: 'worker', host: { step: 'restoreWorker', operation: 'install packages' } },
  verifyRestore: { on: null, host: null },
  releaseTaints: { on: null, host: null },
  upgradeAddon: { on: null, host: null },
  verifyCluster: { on: null, host: null },
  releaseLease: { on: null, host: null },
} as const satisfies Readonly<Record<string, StepPlace>>;
export type Step = keyof typeof STEPS;

/** Steps of a whole cluster that goes back. */
export const RESTORE_STEPS: readonly Step[] = ['planRestore', 'prepareRestore', 'stopControlPlane', 'restoreControlPlane', 'startControlPlane', 'restoreWorker', 'verifyRestore'];

/** Before the step's effect begins, in its middle, and when it is there but the engine does not know it yet. */
export const PARTS = ['before', 'during', 'after'] as const;
export type Part = (typeof PARTS)[number];

/** How the twin's own side shows each moment of a step. */
export const SIGNS = {
  'planUpgrade.during': 'kubeadm-config is read before the Lease is there',
  'acquireLease.before': 'the API is asked to create the Lease',
  'acquireLease.after': 'the Lease is there',
  'runPreflight.before': 'a host is asked for its first check',
  'runPreflight.during': 'kubeadm of the target is asked for its images',
  'runPreflight.after': 'the members of etcd were read, the last of the checks',
  'snapshotEtcd.before': 'a member\'s host is asked for the snapshot',
  'snapshotEtcd.during': 'etcdctl saves the snapshot',
  'snapshotEtcd.after': 'the snapshot is on the host',
  'recordControlPlane.before': 'the host is asked to keep what it was',
  'recordControlPlane.during': 'files are copied, and the record is not complete',
  'recordControlPlane.after': 'the record is complete',
  'stageNode.before': 'the host is asked to stage',
  'stageNode.during': 'packages are fetched',
  'stageNode.after': 'packages and images are on the host',
  'upgradeKubeadm.before': 'the host is asked for the package',
  'upgradeKubeadm.during': 'the package manager installs kubeadm',
  'upgradeKubeadm.after': 'kubeadm is installed',
  'kubeadmUpgradeNode.before': 'the host is asked for `kubeadm upgrade node`',
  'kubeadmUpgradeNode.during': 'kubeadm runs',
  'kubeadmUpgradeNode.after': 'kubeadm has ended',
  'observeEtcd.during': 'the members of etcd are read when all nodes are staged',
  'upgradeEtcdMember.before': 'the host is asked for kubeadm\'s upgrade',
  'upgradeEtcdMember.during': 'the member is stopped and not yet replaced',
  'upgradeEtcdMember.after': 'the member runs in its new version',
  'upgradeControlPlane.before': 'the host is asked again, to wait for kubeadm\'s end',
  'upgradeControlPlane.during': 'kubeadm replaces the static pods',
  'upgradeControlPlane.after': 'kubeadm has ended',
  'taintNodes.before': 'the API is asked for the first soft taint',
  'taintNodes.after': 'the first soft taint is there',
  'observeDrains.during': 'budgets are read once the first soft taint is there',
  'cordonNode.before': 'the API is asked to cordon a node of a pool that is not drained',
  'cordonNode.after': 'that node is cordoned',
  'drainNode.before': 'the API is asked to cordon',
  'drainNode.during': 'the API is asked for the first eviction',
  'drainNode.after': 'the node is cordoned and no pod to evict is left',
  'upgradeKubelet.before': 'the host is asked for the packages',
  'upgradeKubelet.during': 'the package manager installs kubelet and kubectl',
  'upgradeKubelet.after': 'the kubelet of the new version runs',
  'waitNodeReady.before': 'the node\'s Lease is looked at',
  'waitNodeReady.during': 'the kubelet of the new version says Ready',
  'uncordonNode.before': 'the API is asked to uncordon',
  'uncordonNode.after': 'the node is schedulable',
  'rollbackNode.before': 'the host is asked to put back what it was',
  'rollbackNode.during': 'the package manager installs the former packages',
  'rollbackNode.after': 'the kubelet of the former version runs',
  'planRestore.during': 'a host is asked what it has for a restore',
  'prepareRestore.before': 'the host is asked to restore the snapshot beside the live data',
  'prepareRestore.during': 'etcdutl restores the snapshot',
  'prepareRestore.after': 'the restored data is on the host, and the control plane runs',
  'stopControlPlane.before': 'the host is asked to stop its control plane',
  'stopControlPlane.during': 'the kubelet is stopped',
  'stopControlPlane.after': 'etcd and the API server have ended',
  'restoreControlPlane.before': 'the host is asked to put its control plane back',
  'restoreControlPlane.during': 'the restored member is in its place, and the package manager installs the former packages',
  'restoreControlPlane.after': 'all is as it was, and nothing runs',
  'startControlPlane.before': 'the host is asked to start its control plane',
  'startControlPlane.during': 'the former kubelet is started',
  'startControlPlane.after': 'member and API server answer',
  'restoreWorker.before': 'the host of a worker that was upgraded is asked to put it back',
  'restoreWorker.during': 'the package manager installs the former packages',
  'restoreWorker.after': 'the kubelet of the former version runs',
  'verifyRestore.during': 'kubeadm-config is read, and it is that of the snapshot',
  'verifyRestore.after': 'the API is asked to delete the Lease that the snapshot brought back',
  'releaseTaints.before': 'the API is asked to take the soft taint off a worker that was skipped',
  'releaseTaints.after': 'that taint is gone',
  'upgradeAddon.before': 'the API is asked to apply the first object of an add-on',
  'upgradeAddon.during': 'it is asked to apply the second one',
  'upgradeAddon.after': 'all objects are there, and their rollout is waited for',
  'verifyCluster.during': 'kubeadm-config is read after nodes were given back',
  'releaseLease.before': 'the API is asked to delete the Lease',
  'releaseLease.after': 'the Lease is gone',
} as const satisfies Readonly<Partial<Record<`${Step}.${Part}`, string>>>;
export type Moment = keyof typeof SIGNS;

export const MOMENTS: readonly Moment[] = Object.keys(SIGNS).filter(isMoment);

function isMoment(name: string): name is Moment {
  return Object.hasOwn(SIGNS, name);
}

export function stepOf(moment: Moment): Step {
  const name = moment.slice(0, moment.indexOf('.'));
  if (!isStep(name)) throw new Error(`the moment ${moment} belongs to no step`);
  return name;
}

export function partOf(moment: Moment): Part {
  const name = moment.slice(moment.indexOf('.') + 1);
  const part = PARTS.find((known) => known === name);
  if (part === undefined) throw new Error(`the moment ${moment} has no part`);
  return part;
}

function isStep(name: string): name is Step {
  return Object.hasOwn(STEPS, name);
}
