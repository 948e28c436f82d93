import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import type { PackageStepInput, RollbackStepInput } from '../../workflows/domain/step.ts';
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

const CONFIG = '/var/lib/kubelet/config.yaml';
const RECORD = '/var/lib/capstan/u1/w1/record';

async function upgraded(change: Partial<PackageStepInput> = {}): Promise<string> {
  const input = packageInput(plannedNode('w1', 'worker'), change);
  host.put(CONFIG, 'kind: KubeletConfiguration\n');
  host.put('/var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS=""\n');
  await runActivity(activities().stageNode, input).result;
  await runActivity(activities().upgradeKubeadm, input).result;
  host.put(CONFIG, 'kind: KubeletConfiguration\nnew: true\n');
  await runActivity(activities().upgradeKubelet, input).result;
  return host.journal();
}

function rollback(change: Partial<PackageStepInput> = {}): RollbackStepInput {
  const { node, ...input } = packageInput(plannedNode('w1', 'worker'), change);
  return { ...input, node: { ...node, from: node.to, to: node.from } };
}

test('a roll back with apt issues these commands and no others: the kept files, and no repository', async () => {
  host = atOldMinor(fakeHost('apt'));
  const before = await upgraded();

  const result = await runActivity(activities().rollbackNode, rollback()).result;

  assert.equal(result.note, 'back at v1.33.13, kubelet restarted');
  assert.equal(host.get('installed/kubelet'), '1.33.13-1.1\n');
  assertGolden('apt-rollback', host.journal().slice(before.length));
});

test('a roll back with dnf issues these commands and no others: the kept files, and no repository', async () => {
  host = atOldMinorOfRpm(fakeHost('dnf'));
  const before = await upgraded({ repository: RPM_TEMPLATE });

  await runActivity(activities().rollbackNode, rollback({ repository: RPM_TEMPLATE })).result;

  assert.equal(host.get('installed/kubelet'), '1.33.13-150500.1.1\n');
  assert.notEqual(host.get('held/kubelet'), null);
  assert.match(host.read('/etc/yum.repos.d/kubernetes.repo'), /v1\.33\/rpm/);
  assertGolden('dnf-rollback', host.journal().slice(before.length));
});

test('the switched source of packages and the configuration are what they were before', async () => {
  host = atOldMinor(fakeHost('apt'));
  const source = host.read('/etc/apt/sources.list.d/kubernetes.list');
  await upgraded();
  assert.notEqual(host.read('/etc/apt/sources.list.d/kubernetes.list'), source);

  await runActivity(activities().rollbackNode, rollback()).result;

  assert.equal(host.read('/etc/apt/sources.list.d/kubernetes.list'), source);
  assert.equal(host.read(CONFIG), 'kind: KubeletConfiguration\n');
});

test('the configuration is recorded with its SHA-256 before the first change', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.put('/etc/kubernetes/manifests/haproxy.yaml', 'image: haproxy:3\n');
  await upgraded();
  assert.equal(host.read(`${RECORD}/files${CONFIG}`), 'kind: KubeletConfiguration\n');
  assert.deepEqual(host.read(`${RECORD}/files/SHA256SUMS`).trim().split('\n').map((row) => row.replace(/^[0-9a-f]{64} {2}/, '')), [
    'var/lib/kubelet/config.yaml', 'var/lib/kubelet/kubeadm-flags.env', 'etc/kubernetes/manifests/haproxy.yaml',
  ]);
});

test('a package that was not held before is not held after', async () => {
  host = atOldMinor(fakeHost('apt'));
  host.set('held/kubectl', null);
  await upgraded();
  await runActivity(activities().rollbackNode, rollback()).result;
  assert.deepEqual(['kubeadm', 'kubelet', 'kubectl'].map((name) => host.get(`held/${name}`) !== null), [true, true, false]);
});

test('a roll back that would touch another package is refused before anything is installed', async () => {
  host = atOldMinor(fakeHost('apt'));
  await upgraded();
  host.set('dragged', 'Remv kubernetes-cni [1.6]\n');
  const failure = await failureOf(runActivity(activities().rollbackNode, rollback()).result);
  assert.match(failure.message, /would change other packages too: remove kubernetes-cni; nothing was installed/);
  assert.equal(host.get('installed/kubelet'), '1.34.4-1.2\n');
  assert.notEqual(host.get('held/kubelet'), null);
});

test('a node without a record, and one whose kubelet was another package, are refused', async () => {
  host = atOldMinor(fakeHost('apt'));
  const none = await failureOf(runActivity(activities().rollbackNode, rollback()).result);
  assert.match(none.message, /what this node was before its first change is not recorded in .*\/record\/files/);

  await upgraded();
  const other = rollback({ retry: 1 });
  const wrong = await failureOf(runActivity(activities().rollbackNode, { ...other, node: { ...other.node, to: 'v1.33.12' } }).result);
  assert.match(wrong.message, /the package kubelet was 1\.33\.13-1\.1 before, while the kubelet ran v1\.33\.12/);
  assert.equal(host.get('installed/kubelet'), '1.34.4-1.2\n');
});

test('a kubelet that does not stay up at its former version is reported with its journal', async () => {
  host = atOldMinor(fakeHost('apt'));
  await upgraded();
  host.set('kubelet', 'failed\n');
  const failure = await failureOf(runActivity(activities().rollbackNode, rollback()).result);
  assert.match(failure.message, /the kubelet is failed after its restart at v1\.33\.13/);
});
