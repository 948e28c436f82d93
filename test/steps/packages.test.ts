import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { assertGolden } from './golden.ts';
import { atOldMinor, atOldMinorOfRpm, packageInput, plannedNode, RPM_TEMPLATE } from './inputs.ts';

let host: FakeHost;

afterEach(() => host.remove());

function activities() {
  return createPackageActivities({ openKube: openPlannedKube(UPGRADED), openHosts: async () => host.hosts, now: Date.now });
}

const WORKER = plannedNode('w1', 'worker');
const CONTROL_PLANE = plannedNode('cp1', 'control-plane');

test('staging and upgrading a worker with apt issues these commands and no others', async () => {
  host = atOldMinor(fakeHost('apt'));
  const input = packageInput(WORKER);

  const staged = await runActivity(activities().stageNode, input).result;
  const kubeadm = await runActivity(activities().upgradeKubeadm, input).result;
  const kubelet = await runActivity(activities().upgradeKubelet, input).result;

  assert.equal(staged.note, 'packages kubeadm kubelet kubectl, 3 images (3 pulled)');
  assert.equal(kubeadm.changed && kubelet.changed, true);
  assert.match(kubelet.restartedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertGolden('apt-worker', host.journal());
});

test('staging and upgrading a worker with dnf issues these commands and no others', async () => {
  host = atOldMinorOfRpm(fakeHost('dnf'));
  const input = packageInput(WORKER, { repository: RPM_TEMPLATE });

  await runActivity(activities().stageNode, input).result;
  await runActivity(activities().upgradeKubeadm, input).result;
  await runActivity(activities().upgradeKubelet, input).result;

  assert.equal(host.get('installed/kubelet'), '1.34.4-150500.1.1\n');
  assert.notEqual(host.get('held/kubelet'), null);
  assertGolden('dnf-worker', host.journal());
});

test('staging leaves the sources of the host as they are', async () => {
  host = atOldMinor(fakeHost('apt'));
  const before = host.read('/etc/apt/sources.list.d/kubernetes.list');

  await runActivity(activities().stageNode, packageInput(WORKER)).result;

  assert.equal(host.read('/etc/apt/sources.list.d/kubernetes.list'), before);
  assert.equal(host.get('installed/kubeadm'), '1.33.13-1.1\n');
});

test('staging a second time fetches nothing that is there', async () => {
  host = atOldMinor(fakeHost('apt'));
  await runActivity(activities().stageNode, packageInput(CONTROL_PLANE)).result;

  const again = await runActivity(activities().stageNode, packageInput(CONTROL_PLANE, { retry: 1 })).result;

  assert.match(again.note, /7 images \(0 pulled\)/);
});

test('an image that cannot be pulled is named', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('no-registry', '');

  const failure = await failureOf(runActivity(activities().stageNode, packageInput(WORKER)).result);

  assert.equal(failure.type, 'HostStepFailed');
  assert.match(failure.message, /w1 \(w1\.example\): the image registry\.k8s\.io\/kube-proxy:v1\.34\.4 is not on this host and cannot be pulled/);
  assert.match(failure.next ?? '', /capstan logs w1 stageNode/);
});

test('the newest revision of exactly the wanted version is installed', async () => {
  host = atOldMinor(fakeHost('apt'));
  await runActivity(activities().upgradeKubeadm, packageInput(CONTROL_PLANE)).result;
  assert.equal(host.get('installed/kubeadm'), '1.34.4-1.2\n');
  assert.equal(host.get('installed/kubelet'), '1.33.13-1.1\n');
});

test('the switched repository keeps its options, and what was there before is kept', async () => {
  host = atOldMinor(fakeHost('apt'));
  await runActivity(activities().upgradeKubeadm, packageInput(CONTROL_PLANE)).result;
  assert.match(host.read('/etc/apt/sources.list.d/kubernetes.list'), /^deb \[signed-by=\/etc\/apt\/keyrings\/k8s\.gpg\] https:\/\/packages\.example\/core:\/stable:\/v1\.34\/deb \/$|v1\.34\/deb\/ \/$/m);
  assert.match(host.read('/var/lib/capstan/u1/cp1/record/repository/etc/apt/sources.list.d/kubernetes.list'), /v1\.33\/deb\/ \/$/m);
  assert.equal(host.read('/var/lib/capstan/u1/cp1/record/versions/kubelet'), '1.33.13-1.1\n');
  assert.ok(existsSync(join(host.root, '/var/lib/capstan/u1/cp1/record/packages/kubeadm_1.33.13-1.1_amd64.deb')));
});

test('a deb822 source is switched like a list', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.put('/etc/apt/sources.list.d/kubernetes.list', '');
  host.put('/etc/apt/sources.list.d/kubernetes.sources', 'Types: deb\nURIs: https://deb.example/\nSuites: x\n\nTypes: deb\nURIs: https://packages.example/core:/stable:/v1.33/deb/\nSuites: /\nSigned-By: /etc/k8s.gpg\n');

  await runActivity(activities().stageNode, packageInput(WORKER)).result;
  const staged = host.read('/var/lib/capstan/u1/w1/staged/parts/kubernetes.sources');
  await runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result;

  assert.doesNotMatch(staged, /deb\.example/);
  assert.match(staged, /v1\.34\/deb\/\nSuites: \/\nSigned-By/);
  assert.match(host.read('/etc/apt/sources.list.d/kubernetes.sources'), /deb\.example[\s\S]*v1\.34\/deb\//);
});

test('a host without the repository of the template is refused with the way out', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.put('/etc/apt/sources.list.d/kubernetes.list', 'deb https://elsewhere.example/ /\n');

  const failure = await failureOf(runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result);

  assert.match(failure.message, /no source of packages on this host matches spec\.packages\.repository/);
  assert.match(failure.next ?? '', /Add the repository of the present minor under \/etc\/apt\/sources\.list\.d/);
});

test('a transaction that touches another package is refused before anything is installed', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('dragged', 'Inst containerd [1.6] (2.0 repository [amd64])\nRemv docker-ce [20.10]\n');

  const failure = await failureOf(runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result);

  assert.match(failure.message, /would change other packages too: install containerd; remove docker-ce; nothing was installed/);
  assert.equal(host.get('installed/kubeadm'), '1.33.13-1.1\n');
  assert.notEqual(host.get('held/kubeadm'), null);
});

test('companions that kubeadm depends on may come with it', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('dragged', 'Inst cri-tools [1.33] (1.34 repository [amd64])\nConf cri-tools\n');
  await runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result;
  assert.equal(host.get('installed/kubeadm'), '1.34.4-1.2\n');
});

test('a package is held again when its installation fails', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('install-fails', '');

  const failure = await failureOf(runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result);

  assert.equal(failure.type, 'HostStepFailed');
  assert.match(failure.message, /Could not get lock/);
  assert.notEqual(host.get('held/kubeadm'), null);
});

test('a package that cannot be held again does not keep others from it', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('unholdable', 'kubectl\n');

  await runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result;
  await runActivity(activities().upgradeKubelet, packageInput(WORKER)).result;

  assert.notEqual(host.get('held/kubelet'), null);
  assert.equal(host.get('held/kubectl'), null);
});

test('a package that was not held is not held afterwards', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('held/kubeadm', null);
  await runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result;
  assert.equal(host.get('held/kubeadm'), null);
});

test('a package that somebody holds while the former one is fetched is upgraded, and held afterwards', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('held/kubeadm', null);
  host.set('held-meanwhile', 'kubeadm\n');

  await runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result;

  assert.match(host.journal(), /^apt-mark unhold kubeadm\n[^]*^apt-mark hold kubeadm$/m);
  assert.notEqual(host.get('held/kubeadm'), null);
});

test('all packages of a step are held again where a run that was cut off had lifted one of them', async () => {
  host = atOldMinor(fakeHost('apt'));
  await runActivity(activities().upgradeKubeadm, packageInput(WORKER)).result;
  host.put('/var/lib/capstan/u1/w1/record/held/kubelet', 'yes\n');
  host.set('held/kubelet', null);

  await runActivity(activities().upgradeKubelet, packageInput(WORKER)).result;

  assert.notEqual(host.get('held/kubelet'), null);
  assert.notEqual(host.get('held/kubectl'), null);
});

test('a former package that cannot be had any more is no error, and said', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('gone', '');
  const result = await runActivity(activities().upgradeKubeadm, packageInput(CONTROL_PLANE)).result;
  assert.equal(result.changed, true);
  assert.equal(host.read('/var/lib/capstan/u1/cp1/record/versions/kubeadm'), '1.33.13-1.1\n');
});

test('an installation that was cut off is finished by a new run', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.put('/var/lib/capstan/u1/cp1/record/changing', '');
  host.put('/var/lib/capstan/u1/cp1/record/held/kubeadm', 'yes\n');
  host.set('held/kubeadm', null);
  host.interrupt('upgradeKubeadm');

  await runActivity(activities().upgradeKubeadm, packageInput(CONTROL_PLANE)).result;

  assert.deepEqual(host.started, ['upgradeKubeadm', 'upgradeKubeadm']);
  assert.match(host.journal(), /dpkg --configure -a/);
  assert.equal(host.get('installed/kubeadm'), '1.34.4-1.2\n');
  assert.notEqual(host.get('held/kubeadm'), null);
});

test('the same step asked for twice runs once on the host', async () => {
  host = atOldMinor(fakeHost('apt'));
  await runActivity(activities().upgradeKubelet, packageInput(WORKER, { repository: null })).result.catch(() => undefined);
  const first = host.journal();
  await runActivity(activities().upgradeKubelet, packageInput(WORKER, { repository: null }), 2).result.catch(() => undefined);
  assert.equal(host.journal(), first);
});

test('a kubelet that does not stay up fails with the end of its journal', async () => {
  host = atOldMinor(fakeHost('apt'));
  for (const name of ['kube-apiserver', 'etcd']) host.put(`/etc/kubernetes/manifests/${name}.yaml`, `    - ${name}\n`);
  await runActivity(activities().upgradeKubeadm, packageInput(CONTROL_PLANE)).result;
  host.set('kubelet', 'failed\n');

  const failure = await failureOf(runActivity(activities().upgradeKubelet, packageInput(CONTROL_PLANE)).result);

  assert.match(failure.message, /cp1 \(cp1\.example\): the kubelet is failed after its restart at v1\.34\.4/);
  assert.match(failure.message, /unknown flag: --pod-infra-container-image/);
});

test('only a worker runs kubeadm upgrade node with its kubeadm package', async () => {
  host = atOldMinor(fakeHost('apt'));
  const spec = { certificateRenewal: false, ignorePreflightErrors: ['Swap', 'NumCPU'], componentConfigs: null, patches: null, files: [] };
  await runActivity(activities().upgradeKubeadm, packageInput(CONTROL_PLANE, { kubeadm: spec })).result;
  assert.doesNotMatch(host.journal(), /upgrade node/);
  await runActivity(activities().upgradeKubeadm, packageInput(WORKER, { kubeadm: spec, retry: 1 })).result;
  assert.match(host.journal(), /^kubeadm upgrade node --ignore-preflight-errors=Swap,NumCPU --certificate-renewal=false$/m);
});
