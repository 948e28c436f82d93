import { checkHost, checkImages, listImages } from './check-scripts.ts';
import { moveEtcdLeader, readEtcd, snapshotEtcd } from './etcd-scripts.ts';
import { kubeadmPlan, kubeadmState, kubeadmUpgrade } from './kubeadm-scripts.ts';
import { recordControlPlane } from './record-script.ts';
import { stageNode, upgradeKubeadm, upgradeKubelet } from './package-scripts.ts';
import { checkRestore, listKeys, prepareRestore, stopControlPlane } from './restore-scripts.ts';
import { restoreControlPlane, startControlPlane } from './restore-control-plane-scripts.ts';
import { readReplaced } from './replaced-script.ts';
import { restoreWorker, rollbackNode } from './rollback-script.ts';
import type { ScriptName } from './recognise.ts';
import type { ScriptTwin } from './script.ts';

/** A twin of each script that a host gets: the same output, and the same effects through the same tools. */
export const SCRIPT_TWINS: Readonly<Record<ScriptName, ScriptTwin>> = {
  stageNode, upgradeKubeadm, upgradeKubelet, rollbackNode, kubeadmUpgrade, kubeadmPlan, kubeadmState, readEtcd, moveEtcdLeader, snapshotEtcd, recordControlPlane, checkHost, listImages, checkImages, readReplaced,
  checkRestore, listKeys, prepareRestore, stopControlPlane, restoreControlPlane, startControlPlane, restoreWorker,
};
