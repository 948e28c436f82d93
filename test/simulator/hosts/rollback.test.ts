/** A node of the twin that was upgraded, or half so, goes back: all that is asserted is the twin's own host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { ScriptWay } from '../../../simulator/hosts/port.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import type { RollbackStepInput } from '../../../workflows/domain/step.ts';
import { failureOf, runActivity } from '../../support/run-activity.ts';
import { until } from '../../support/until.ts';
import { activities, packageInput, upgradeNode } from './inputs.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

const PACKAGES = ['kubeadm', 'kubelet', 'kubectl'];
const RECORD = '/var/lib/capstan/u1/w1/record';

/** The same of both ways in which scripts run. */
function onBoth(name: string, body: (twin: TestTwin) => Promise<void>, change: Partial<ClusterDescription> = {}): void {
  for (const way of ['shell', 'recognised'] as const satisfies readonly ScriptWay[]) {
    test(`${name} (${way})`, async (context: TestContext) => { await body(await startTestTwin(context, describe(1, 1, change), { way })); });
  }
}

function rollbackInput(twin: TestTwin, name: string): RollbackStepInput {
  const { node, ...input } = packageInput(twin, name);
  return { ...input, node: { ...node, from: node.to, to: node.from } };
}

function fileOf(twin: TestTwin, path: string, name = 'w1'): string | null {
  const { machine } = twin.hosts.host(name);
  return machine.files.read(`${machine.root}${path}`);
}

function putFile(twin: TestTwin, path: string, text: string, name = 'w1'): void {
  const { machine } = twin.hosts.host(name);
  machine.files.write(`${machine.root}${path}`, text);
}

function assertFormer(twin: TestTwin, revision = '1.33.13-1.1'): void {
  const { machine } = twin.hosts.host('w1');
  assert.deepEqual(PACKAGES.map((each) => machine.packages.get(each)), PACKAGES.map(() => ({ version: revision, held: true, half: false })));
  assert.equal(machine.kubelet.version, 'v1.33.13');
  assert.equal(machine.kubelet.running, true);
}

onBoth('an upgraded worker goes back to its former packages, holds and configuration without any repository', async (twin) => {
  const before = fileOf(twin, '/var/lib/kubelet/config.yaml');
  await upgradeNode(twin, 'w1');
  assert.notEqual(fileOf(twin, '/var/lib/kubelet/config.yaml'), before);
  putFile(twin, '/var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS="--changed"\n');
  putFile(twin, '/etc/apt/sources.list.d/kubernetes.list', '');

  const result = await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;

  assertFormer(twin);
  assert.equal(fileOf(twin, '/var/lib/kubelet/config.yaml'), before);
  assert.match(fileOf(twin, '/var/lib/kubelet/kubeadm-flags.env') ?? '', /container-runtime-endpoint/);
  assert.equal(result.changed, true);
  assert.match(result.restartedAt ?? '', /^\d{4}-/);
  assert.deepEqual(twin.journal.of('w1').filter(({ effect }) => effect.startsWith('package kube')).slice(3).map(({ effect, detail }) => `${effect} ${detail ?? ''}`),
    PACKAGES.map((each) => `package ${each} 1.34.4-1.1 → 1.33.13-1.1`));
});

onBoth('an upgraded worker goes back with dnf', async (twin) => {
  await upgradeNode(twin, 'w1');
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;
  assertFormer(twin, '1.33.13-150500.1.1');
}, { packageManager: 'dnf' });

onBoth('a worker whose new kubelet could not be unpacked goes back', async (twin) => {
  twin.hosts.host('w1').addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'fail', exitCode: 100, message: 'lzma error: compressed data is corrupt' } });
  await failureOf(upgradeNode(twin, 'w1'));
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;
  assertFormer(twin);
});

onBoth('packages that were half installed when the host went down are finished and go back', async (twin) => {
  twin.hosts.host('w1').addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'reboot', downMs: 30_000 } });
  await failureOf(upgradeNode(twin, 'w1'));
  await until('the host is up again', () => twin.hosts.host('w1').machine.kubelet.running);
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;
  assertFormer(twin);
});

onBoth('a roll back that is cut off in its middle is taken up and finished by a new intent', async (twin) => {
  await upgradeNode(twin, 'w1');
  twin.hosts.host('w1').addFault({ operation: 'install packages', occurrence: 3, effect: { kind: 'kill' } });
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;
  assertFormer(twin);
});

onBoth('a second roll back changes nothing but restarts the kubelet', async (twin) => {
  await upgradeNode(twin, 'w1');
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;
  const again = await runActivity(activities(twin).rollbackNode, { ...rollbackInput(twin, 'w1'), retry: 1 }).result;
  assert.equal(again.changed, false);
  assertFormer(twin);
});

onBoth('what was recorded before the first change is never written again', async (twin) => {
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  await runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'w1')).result;
  const sums = fileOf(twin, `${RECORD}/files/SHA256SUMS`);
  const config = fileOf(twin, `${RECORD}/files/var/lib/kubelet/config.yaml`);
  assert.notEqual(fileOf(twin, '/var/lib/kubelet/config.yaml'), config);
  await runActivity(activities(twin).upgradeKubeadm, { ...packageInput(twin, 'w1'), retry: 1 }).result;
  assert.equal(fileOf(twin, `${RECORD}/files/SHA256SUMS`), sums);
  assert.equal(fileOf(twin, `${RECORD}/files/var/lib/kubelet/config.yaml`), config);
});

onBoth('a damaged record is refused before anything is put back', async (twin) => {
  await upgradeNode(twin, 'w1');
  putFile(twin, `${RECORD}/files/var/lib/kubelet/config.yaml`, 'damaged\n');
  const failure = await failureOf(runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result);
  assert.equal(failure.type, 'HostStepFailed');
  assert.match(failure.message, /the record in .*\/record\/files is damaged/);
  assert.equal(twin.hosts.host('w1').machine.kubelet.version, 'v1.34.4');
});

onBoth('a former package whose file is gone comes from the sources as they were before', async (twin) => {
  await upgradeNode(twin, 'w1');
  const { machine } = twin.hosts.host('w1');
  machine.files.remove(`${machine.root}${RECORD}/packages/kubelet_1.33.13-1.1_amd64.deb`);
  machine.lists.clear();
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result;
  assertFormer(twin);
});

onBoth('a former package that is nowhere is named, and nothing is changed', async (twin) => {
  await upgradeNode(twin, 'w1');
  const { machine } = twin.hosts.host('w1');
  machine.files.remove(`${machine.root}${RECORD}/packages/kubelet_1.33.13-1.1_amd64.deb`);
  machine.lists.clear();
  putFile(twin, '/etc/apt/sources.list.d/kubernetes.list', '');
  const failure = await failureOf(runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result);
  assert.match(failure.message, /the file of the package kubelet 1\.33\.13-1\.1 was not kept, and no source of this host has it/);
  assert.deepEqual(PACKAGES.map((each) => machine.packages.get(each)?.version), PACKAGES.map(() => '1.34.4-1.1'));
});

onBoth('a control-plane node goes back alone only until kubeadm has changed it', async (twin) => {
  await runActivity(activities(twin).stageNode, packageInput(twin, 'cp1')).result;
  await runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'cp1')).result;
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'cp1')).result;
  assert.equal(twin.hosts.host('cp1').machine.packages.get('kubeadm')?.version, '1.33.13-1.1');

  putFile(twin, '/etc/kubernetes/manifests/kube-apiserver.yaml', 'image: registry.k8s.io/kube-apiserver:v1.34.4\n', 'cp1');
  const failure = await failureOf(runActivity(activities(twin).rollbackNode, { ...rollbackInput(twin, 'cp1'), retry: 1 }).result);
  assert.match(failure.message, /kube-apiserver\.yaml is not what it was before: the control plane of this node has changed/);
});

onBoth('nothing is put back while a step of the upgrade still runs on the host', async (twin) => {
  const host = twin.hosts.host('w1');
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  host.addFault({ operation: 'install packages', occurrence: 1, effect: { kind: 'slow', factor: 100_000 } });
  const running = runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'w1'));
  const gone = failureOf(running.result);
  await until('the step runs', () => host.units().length === 1);
  const failure = await failureOf(runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1')).result);
  assert.match(failure.message, /upgradeKubeadm still runs on w1/);
  for (const unit of host.units()) host.killUnit(unit);
  host.cutConnections();
  await gone;
});

onBoth('a worker that hung before a roll back does not upgrade the node again behind it', async (twin) => {
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  await runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'w1')).result;
  // Later than what hung: a higher attempt, since activities of tests are all scheduled at the same moment.
  await runActivity(activities(twin).rollbackNode, rollbackInput(twin, 'w1'), 2).result;
  const failure = await failureOf(runActivity(activities(twin).upgradeKubelet, packageInput(twin, 'w1'), 1).result);
  assert.equal(failure.type, 'Superseded');
  assertFormer(twin);
});
