import { createRollbackNode } from './rollback-node.ts';
import { createStageNode } from './stage-node.ts';
import { createUpgradeKubeadm } from './upgrade-kubeadm.ts';
import { createUpgradeKubelet } from './upgrade-kubelet.ts';
import type { NodeHostOptions } from './package-step.ts';

/** Activities that work with the packages of a host. */
export function createPackageActivities(options: NodeHostOptions) {
  return {
    stageNode: createStageNode(options),
    upgradeKubeadm: createUpgradeKubeadm(options),
    upgradeKubelet: createUpgradeKubelet(options),
    rollbackNode: createRollbackNode(options),
  };
}
