import { createKubeadmActivities } from '../../../activities/kubeadm/kubeadm-activities.ts';
import { createPackageActivities } from '../../../activities/packages/package-activities.ts';
import type { ControlPlaneStepInput, PackageStepInput } from '../../../workflows/domain/step.ts';
import { openPlannedKube, UPGRADED } from '../../support/planned-kube.ts';
import { runActivity } from '../../support/run-activity.ts';
import type { TestTwin } from './twin.ts';

const KUBEADM = { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null, files: [] };

export function packageInput(twin: TestTwin, name: string): PackageStepInput {
  const upgrade = { cluster: 'twin', clusterUid: 'uid', id: 'u1', workflowId: 'upgrade/twin', access: twin.access };
  return { upgrade, node: twin.planned(name), retry: 0, epochMs: 1, repository: null, imageRepository: null, kubeadm: KUBEADM };
}

export function controlPlaneInput(twin: TestTwin, name: string): ControlPlaneStepInput {
  return { ...packageInput(twin, name), force: false, members: ['cp1', 'cp2', 'cp3'].map(twin.planned), acceptOutage: false };
}

/** The worker's own activities over the twin's hosts. */
export function activities(twin: TestTwin): ReturnType<typeof createPackageActivities> & ReturnType<typeof createKubeadmActivities> {
  const options = { openKube: openPlannedKube(UPGRADED), openHosts: () => Promise.resolve(twin.worker), now: Date.now };
  return { ...createPackageActivities(options), ...createKubeadmActivities(options) };
}

/** The steps of one node that run on its host, in their order. */
export async function upgradeNode(twin: TestTwin, name: string): Promise<void> {
  const { stageNode, upgradeKubeadm, upgradeEtcdMember, upgradeControlPlane, upgradeKubelet } = activities(twin);
  await runActivity(stageNode, packageInput(twin, name)).result;
  await runActivity(upgradeKubeadm, packageInput(twin, name)).result;
  if (name.startsWith('cp')) {
    await runActivity(upgradeEtcdMember, controlPlaneInput(twin, name)).result;
    await runActivity(upgradeControlPlane, controlPlaneInput(twin, name)).result;
  }
  await runActivity(upgradeKubelet, packageInput(twin, name)).result;
}
