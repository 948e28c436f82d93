import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostScript } from '../port.ts';

const PACKAGES = ['lib-packages', 'lib-repository', 'lib-apt', 'lib-rpm-signatures', 'lib-dnf', 'lib-holds', 'lib-install', 'lib-running-kubelet', 'lib-images'] as const;

/**
 * The scripts of the host steps: POSIX sh, each made of `lib-common`, the functions that it needs and its own few lines.
 * Their arguments are values of the plan and the spec, never pieces of shell.
 */
export const SCRIPTS = {
  stageNode: script('stage-node', [...PACKAGES, 'lib-package-arguments']),
  upgradeKubeadm: script('upgrade-kubeadm', [...PACKAGES, 'lib-record', 'lib-package-arguments']),
  upgradeKubelet: script('upgrade-kubelet', [...PACKAGES, 'lib-kubelet', 'lib-processes', 'lib-api-server', 'lib-leave-load-balancer', 'lib-role', 'lib-package-arguments']),
  rollbackNode: script('rollback-node', [...PACKAGES, 'lib-kubelet', 'lib-recorded', 'lib-rollback', 'lib-package-arguments']),
  checkRestore: script('check-restore', ['lib-packages', 'lib-recorded', 'lib-restore']),
  listKeys: script('list-keys', ['lib-processes', 'lib-etcd']),
  prepareRestore: script('prepare-restore', ['lib-recorded', 'lib-restore']),
  stopControlPlane: script('stop-control-plane', ['lib-processes', 'lib-recorded', 'lib-restore']),
  restoreControlPlane: script('restore-control-plane', [...PACKAGES, 'lib-processes', 'lib-recorded', 'lib-rollback', 'lib-restore', 'lib-package-arguments']),
  startControlPlane: script('start-control-plane', ['lib-processes', 'lib-etcd', 'lib-recorded', 'lib-restore', 'lib-kubelet', 'lib-package-arguments']),
  restoreWorker: script('restore-worker', [...PACKAGES, 'lib-kubelet', 'lib-recorded', 'lib-rollback', 'lib-package-arguments']),
  kubeadmUpgrade: script('kubeadm-upgrade', ['lib-processes', 'lib-api-server', 'lib-wake-kubelet', 'lib-release-api-server', 'lib-role']),
  kubeadmPlan: script('kubeadm-plan', []),
  kubeadmState: script('kubeadm-state', ['lib-processes']),
  readEtcd: script('read-etcd', ['lib-processes', 'lib-etcd']),
  moveEtcdLeader: script('move-etcd-leader', ['lib-processes', 'lib-etcd']),
  snapshotEtcd: script('snapshot-etcd', ['lib-processes', 'lib-etcd']),
  recordControlPlane: script('record-control-plane', ['lib-processes', 'lib-etcd', 'lib-record']),
  checkHost: script('check-host', [...PACKAGES, 'lib-role', 'lib-package-arguments']),
  listImages: script('list-images', [...PACKAGES, 'lib-package-arguments']),
  readReplaced: script('read-replaced', []),
  checkImages: script('check-images', ['lib-running-kubelet', 'lib-images']),
} as const satisfies Record<string, HostScript>;

function script(name: string, libraries: readonly string[]): HostScript {
  const files = ['lib-common', ...libraries, name];
  return { name, text: files.map((file) => readFileSync(join(import.meta.dirname, `${file}.sh`), 'utf8')).join('\n') };
}
