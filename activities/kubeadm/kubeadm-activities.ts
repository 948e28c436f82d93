import type { NodeHostOptions } from '../packages/package-step.ts';
import { createRecordControlPlane } from './record-control-plane.ts';
import { createUpgradeControlPlane } from './upgrade-control-plane.ts';
import { createUpgradeEtcdMember } from './upgrade-etcd-member.ts';

/** Activities that run kubeadm on control-plane nodes. */
export function createKubeadmActivities(options: NodeHostOptions) {
  return {
    recordControlPlane: createRecordControlPlane(options),
    upgradeEtcdMember: createUpgradeEtcdMember(options),
    upgradeControlPlane: createUpgradeControlPlane(options),
  };
}
