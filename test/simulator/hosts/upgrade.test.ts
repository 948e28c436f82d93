import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKubeadmActivities } from '../../../activities/kubeadm/kubeadm-activities.ts';
import { createPackageActivities } from '../../../activities/packages/package-activities.ts';
import type { ControlPlaneStepInput, PackageStepInput } from '../../../workflows/domain/step.ts';
import { runActivity } from '../../support/run-activity.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

const KUBEADM = { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null };

function packageInput(twin: TestTwin, name: string): PackageStepInput {
  const upgrade = { cluster: 'twin', clusterUid: 'uid', id: 'u1', workflowId: 'upgrade/twin', access: twin.access };
  return { upgrade, node: twin.planned(name), retry: 0, epochMs: 1, repository: null, imageRepository: null, kubeadm: KUBEADM };
}

function controlPlaneInput(twin: TestTwin, name: string): ControlPlaneStepInput {
  return { ...packageInput(twin, name), force: false, members: ['cp1', 'cp2', 'cp3'].map(twin.planned), acceptOutage: false };
}

async function upgradeNode(twin: TestTwin, name: string): Promise<void> {
  const options = { openHosts: async () => twin.worker, now: Date.now };
  const packages = createPackageActivities(options);
  const kubeadm = createKubeadmActivities(options);
  await runActivity(packages.stageNode, packageInput(twin, name)).result;
  await runActivity(packages.upgradeKubeadm, packageInput(twin, name)).result;
  if (name.startsWith('cp')) {
    await runActivity(kubeadm.upgradeEtcdMember, controlPlaneInput(twin, name)).result;
    await runActivity(kubeadm.upgradeControlPlane, controlPlaneInput(twin, name)).result;
  }
  await runActivity(packages.upgradeKubelet, packageInput(twin, name)).result;
}

test('the real activities upgrade a worker and a control-plane node of the twin over SSH', async (context) => {
  const twin = await startTestTwin(context, describe(3, 1));
  await upgradeNode(twin, 'w1');
  await upgradeNode(twin, 'cp1');
  const packages = ['kubeadm', 'kubelet', 'kubectl'];
  for (const name of ['w1', 'cp1']) {
    const { machine } = twin.hosts.host(name);
    assert.deepEqual(packages.map((each) => machine.packages.get(each)), packages.map(() => ({ version: '1.34.4-1.1', held: true, half: false })));
    assert.equal(machine.kubelet.version, 'v1.34.4');
    assert.deepEqual(twin.journal.of(name).filter(({ effect }) => effect.startsWith('package ')).map(({ effect }) => effect), packages.map((each) => `package ${each}`));
  }
  assert.equal(twin.hosts.etcd.member('cp1')?.version, '3.6.5');
  assert.equal(twin.hosts.etcd.member('cp2')?.version, '3.5.24');
  assert.notEqual(twin.hosts.etcd.leader()?.name, 'cp1');
  assert.deepEqual(twin.journal.of('cp1').map(({ effect }) => effect).filter((effect) => /etcd member|static pods|kubeadm/.test(effect) && !/hold|package/.test(effect)), [
    'etcd member replaced', 'static pods', 'kubeadm-config', 'kubeadm upgrade apply v1.34.4',
  ]);
  assert.deepEqual(twin.model.calls.filter((call) => call.startsWith('kubelet')), [
    'kubelet of w1 stopped', 'kubelet of w1 started at v1.34.4', 'kubelet of cp1 stopped', 'kubelet of cp1 started at v1.34.4',
  ]);
});
