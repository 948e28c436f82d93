/**
 * Host commands behind each step that `capstan logs NODE STEP` takes, named as their folders on the host are. A durable command can
 * have no other name, so that no failure says "see `capstan logs`" of a step that has none.
 */
export const HOST_STEPS = {
  stageNode: ['stageNode'],
  upgradeKubeadm: ['upgradeKubeadm', 'kubeadmUpgradeNode'],
  upgradeEtcdMember: ['kubeadmUpgrade'],
  upgradeControlPlane: ['kubeadmUpgrade'],
  upgradeKubelet: ['upgradeKubelet'],
  rollbackNode: ['rollbackNode'],
  snapshotEtcd: ['snapshotEtcd'],
  recordControlPlane: ['recordControlPlane'],
  kubeadmUpgrade: ['kubeadmUpgrade'],
  kubeadmUpgradeNode: ['kubeadmUpgradeNode'],
  prepareRestore: ['prepareRestore'],
  stopControlPlane: ['stopControlPlane'],
  restoreControlPlane: ['restoreControlPlane'],
  startControlPlane: ['startControlPlane'],
  restoreWorker: ['restoreWorker'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A step with output on its host. */
export type LoggedStep = keyof typeof HOST_STEPS;
/** Name of a durable command, and of its folder. */
export type HostStep = (typeof HOST_STEPS)[LoggedStep][number];

/** False for every other word, also for those that any object has, such as `constructor`. */
export function isLoggedStep(step: string): step is LoggedStep {
  return Object.hasOwn(HOST_STEPS, step);
}
