/** Versions and API servers are asked for again right before a step: between the yes and the step lie hours, or days. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readControlPlaneTogether } from '../../activities/kubeadm/control-plane-now.ts';
import { createKubeadmActivities } from '../../activities/kubeadm/kubeadm-activities.ts';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import { stepError } from '../../activities/step-error.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import { openPlannedKube, plannedKube, UPGRADED } from '../support/planned-kube.ts';
import type { PlannedKubeOptions } from '../support/planned-kube.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { statusText, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinor, KUBEADM, packageInput, plannedNode, UPGRADE } from './inputs.ts';

const MEMBERS = ['cp1', 'cp2', 'cp3'].map((name) => plannedNode(name, 'control-plane'));
const FIRST = plannedNode('cp1', 'control-plane', true);
const NEXT = plannedNode('cp1', 'control-plane');
const AT_35 = { cp1: '3.5.24', cp2: '3.5.24', cp3: '3.5.24' };
const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** What kubeadm does to a host whatever its manifests say: it does not refuse to go down either. */
const KUBEADM_WORKS = [
  'cp "$STATE/etcd/status-new" "$STATE/etcd/status"', 'sed -i "s/:v1.*/:v1.34.4/" "$CAPSTAN_ROOT"/etc/kubernetes/manifests/*.yaml', 'echo 1.34.4 > "$STATE/serving"',
].join('\n');

function host(context: TestContext, version = 'v1.33.13'): FakeHost {
  const made = withEtcd(atOldMinor(fakeHost('apt')), { leader: 'cp2', versions: AT_35 });
  context.after(() => made.remove());
  made.set('serving', version.slice(1));
  made.put('/etc/kubernetes/admin.conf', '');
  for (const name of COMPONENTS) made.put(`/etc/kubernetes/manifests/${name}.yaml`, `    - --advertise-address=10.0.0.1\n    - --secure-port=6443\n    image: registry.k8s.io/${name}:${version}\n`);
  made.set('etcd/status-new', statusText({ leader: 'cp2', versions: { ...AT_35, cp1: '3.6.5' } }, 'cp2'));
  made.set('kubeadm', KUBEADM_WORKS);
  return made;
}

function input(node: PlannedNode, change: Partial<ControlPlaneStepInput> = {}): ControlPlaneStepInput {
  return { upgrade: UPGRADE, node, retry: 0, epochMs: 1, imageRepository: null, kubeadm: KUBEADM, force: false, members: MEMBERS, acceptOutage: false, ...change };
}

function activities(made: FakeHost, kube: PlannedKubeOptions, elapsedMs = () => performance.now()) {
  const options = { openKube: openPlannedKube(kube), openHosts: async () => made.hosts, now: Date.now, elapsedMs };
  return { ...createKubeadmActivities(options), ...createPackageActivities(options) };
}

/** A clock on which each look is more than half of the limit later. */
function hurried(): () => number {
  let clock = 0;
  return () => (clock += 200_000);
}

const all = (version: string) => ({ cp1: version, cp2: version, cp3: version });

for (const version of ['v1.34.9', 'v1.35.2']) {
  for (const [where, change] of [['stacked etcd', {}], ['external etcd', { members: [], controlPlane: ['cp1', 'cp2', 'cp3'] }]] as const) {
    test(`kubeadm does not take a control plane at ${version} back to v1.34.4 (${where})`, async (context) => {
      for (const [name, node, force] of [['upgradeControlPlane', FIRST, false], ['upgradeEtcdMember', FIRST, true], ['upgradeControlPlane', NEXT, false]] as const) {
        const made = host(context, version);
        const failure = await failureOf(runActivity(activities(made, { apiServers: all(version) })[name], input(node, { force, ...change })).result);
        assert.deepEqual([failure.type, failure.permanent], ['ClusterMoved', true]);
        assert.match(failure.message, new RegExp(`^cp1 is not brought to v1\\.34\\.4: the control plane is no longer what the plan was made for: kubeadm-config is at ${version}, beyond v1\\.34\\.4`));
        assert.deepEqual([made.started, made.journal()], [[], '']);
      }
    });
  }

  test(`neither does it where only the host's own manifests are at ${version}`, async (context) => {
    const made = host(context, version);
    const failure = await failureOf(runActivity(activities(made, {}).upgradeControlPlane, input(FIRST)).result);
    assert.equal(failure.type, 'ClusterMoved');
    assert.match(failure.message, new RegExp(`the manifest of kube-apiserver on cp1 is at ${version}, beyond v1\\.34\\.4`));
    assert.deepEqual(made.started, []);
  });
}

test('kubeadm does not take images from another place than the plan says, on whichever node', async (context) => {
  for (const [planned, imageRepository] of [[null, 'evil.example/k8s'], ['registry.example/k8s', 'evil.example/k8s'], ['registry.example/k8s', undefined]] as const) {
    for (const [name, node] of [['upgradeControlPlane', FIRST], ['upgradeEtcdMember', FIRST], ['upgradeControlPlane', NEXT]] as const) {
      const made = host(context);
      const kube = { ...(node.first ? {} : { kubeadmConfig: 'v1.34.4' }), ...(imageRepository === undefined ? {} : { imageRepository }) };
      const failure = await failureOf(runActivity(activities(made, kube)[name], input(node, { imageRepository: planned })).result);
      assert.deepEqual([failure.type, failure.permanent], ['ClusterMoved', true]);
      assert.match(failure.message, /imageRepository of kubeadm-config: was \S+, is \S+\./);
      assert.deepEqual([made.started, made.journal()], [[], '']);
    }
  }
});

test('a kubeadm-config that names the default is the one that names none: kubeadm writes it there', async (context) => {
  for (const [planned, imageRepository] of [[null, 'registry.k8s.io'], ['registry.k8s.io', undefined], ['registry.example/k8s', 'registry.example/k8s']] as const) {
    const made = host(context);
    const kube = imageRepository === undefined ? {} : { imageRepository };
    await runActivity(activities(made, kube).upgradeControlPlane, input(FIRST, { imageRepository: planned })).result;
    assert.match(made.journal(), /kubeadm upgrade apply v1\.34\.4/);
  }
});

test('`kubeadm upgrade node` does not run while kubeadm-config names another version than the plan', async (context) => {
  for (const kubeadmConfig of ['v1.33.13', 'v1.34.3', 'v1.34.5']) {
    const made = host(context);
    const failure = await failureOf(runActivity(activities(made, { kubeadmConfig }).upgradeControlPlane, input(NEXT)).result);
    assert.equal(failure.type, 'ClusterMoved');
    assert.match(failure.message, new RegExp(`kubeadm-config is at ${kubeadmConfig}`));
    const worker = await failureOf(runActivity(activities(made, { ...UPGRADED, kubeadmConfig }).upgradeKubeadm, packageInput(plannedNode('w1', 'worker'))).result);
    assert.equal(worker.type, 'ClusterMoved');
    assert.deepEqual(made.started, []);
  }
});

test('a kubelet is not brought beyond an API server of the cluster', async (context) => {
  for (const apiServers of [{ ...all('v1.34.4'), cp2: 'v1.33.13' }, { ...all('v1.34.4'), cp9: 'v1.34.3' }, { ...all('v1.34.4'), cp3: 'v1.34.5' }]) {
    const made = host(context);
    const failure = await failureOf(runActivity(activities(made, { apiServers, kubeadmConfig: 'v1.34.4' }).upgradeKubelet, packageInput(plannedNode('w1', 'worker'))).result);
    assert.equal(failure.type, 'ClusterMoved');
    assert.match(failure.next ?? '', /where an API server is behind, bring it to its version, then `capstan retry w1`/);
    assert.deepEqual(made.started, []);
  }
});

test('a control-plane node whose own API server is upgraded gets its kubelet, although the others are still to come', async (context) => {
  const made = host(context, 'v1.34.4');
  const kube = { apiServers: { ...all('v1.33.13'), cp1: 'v1.34.4' }, kubeadmConfig: 'v1.34.4' };
  await runActivity(activities(made, kube).upgradeKubeadm, packageInput(FIRST)).result;
  const kubelet = { ...packageInput(FIRST), members: MEMBERS, acceptOutage: false };
  assert.equal((await runActivity(activities(made, kube).upgradeKubelet, kubelet).result).note, 'kubelet v1.34.4, restarted');
  const other = host(context);
  const failure = await failureOf(runActivity(activities(other, { kubeadmConfig: 'v1.34.4' }).upgradeKubelet, kubelet).result);
  assert.match(failure.message, /kube-apiserver of this node is at v1\.33\.13 only/);
  assert.deepEqual(other.started, []);
});

for (const [where, change] of [['stacked etcd', {}], ['external etcd', { members: [], controlPlane: ['cp1', 'cp2', 'cp3'] }], ['external etcd, its nodes unknown', { members: [] }]] as const) {
  test(`kubeadm does not replace an API server while another one is down (${where})`, async (context) => {
    const made = host(context);
    const failure = await failureOf(runActivity(activities(made, { down: ['cp3'] }, hurried()).upgradeControlPlane, input(FIRST, change)).result);
    assert.equal(failure.type, 'GateTimeout');
    assert.match(failure.message, /^The API server of cp1 is not replaced: those beside it were not all up within 300 s: kube-apiserver of node cp3 is not Ready$/);
    assert.match(failure.next ?? '', /`capstan retry cp1`/);
    assert.deepEqual([made.started, made.journal()], [[], '']);
  });
}

test('one whose mirror pod is gone counts as down', async (context) => {
  const made = host(context);
  const failure = await failureOf(runActivity(activities(made, { apiServers: { cp1: 'v1.33.13', cp2: 'v1.33.13' } }, hurried()).upgradeControlPlane, input(FIRST, { members: [], controlPlane: ['cp1', 'cp2', 'cp3'] })).result);
  assert.match(failure.message, /kube-apiserver of node cp3 is not there/);
});

test('an API that does not answer is waited for, and then holds the node', async (context) => {
  const made = host(context);
  const away = { change: { getNode: () => Promise.reject(stepError('ApiUnreachable', 'https://api: no answer')) } };
  const failure = await failureOf(runActivity(activities(made, away, hurried()).upgradeControlPlane, input(FIRST)).result);
  assert.equal(failure.type, 'GateTimeout');
  assert.match(failure.message, /https:\/\/api: no answer/);
  assert.deepEqual(made.started, []);
});

test('the only API server is replaced although none answers, as after a kubeadm that was cut off; its own manifests are looked at', async (context) => {
  const away = { change: { getNode: () => Promise.reject(stepError('ApiUnreachable', 'https://api: no answer')) } };
  const made = host(context);
  await runActivity(activities(made, away).upgradeControlPlane, input(FIRST, { members: [], controlPlane: ['cp1'] })).result;
  assert.deepEqual(made.started, ['kubeadmUpgrade']);
  const moved = host(context, 'v1.34.9');
  assert.equal((await failureOf(runActivity(activities(moved, away).upgradeControlPlane, input(FIRST, { members: [], controlPlane: ['cp1'] })).result)).type, 'ClusterMoved');
});

test('an API server that comes back is waited for', async (context) => {
  const made = host(context);
  let looks = 0;
  const kube = openPlannedKube({ down: ['cp2'] });
  const up = await openPlannedKube()();
  const change = { listPods: async (query: Parameters<typeof up.listPods>[0]) => ((looks += 1) > 2 ? up : await kube()).listPods(query) };
  await runActivity(activities(made, { change }).upgradeControlPlane, input(FIRST)).result;
  assert.ok(looks > 2);
  assert.deepEqual(made.started, ['kubeadmUpgrade']);
});

test('no step takes a package back that somebody has upgraded', async (context) => {
  for (const [name, installed] of [['kubeadm', '1.34.9-1.1'], ['kubelet', '1.35.0-1.1'], ['kubectl', '1.34.5-1.1']] as const) {
    const made = host(context);
    made.set(`installed/${name}`, `${installed}\n`);
    const steps = activities(made, UPGRADED);
    const step = name === 'kubeadm' ? steps.upgradeKubeadm : steps.upgradeKubelet;
    for (const run of [runActivity(steps.stageNode, packageInput(FIRST)), runActivity(step, packageInput(FIRST))]) {
      const failure = await failureOf(run.result);
      assert.equal(failure.type, 'HostStepFailed');
      assert.match(failure.message, new RegExp(`the package ${name} is at ${installed.replaceAll('.', '\\.')}, newer than v1\\.34\\.4: it would be taken back, and nothing was changed`));
    }
    assert.equal(made.get(`installed/${name}`), `${installed}\n`);
    assert.doesNotMatch(made.journal(), /install|restart|unhold/);
  }
});

test('many nodes whose steps begin together ask for the versions once, and one that begins later asks again', async (context) => {
  let clockMs = 0;
  context.mock.method(performance, 'now', () => clockMs);
  let lists = 0;
  const up = plannedKube(UPGRADED);
  const kube = { ...up, listPods: (query: Parameters<typeof up.listPods>[0]) => ((lists += 1), up.listPods(query)) };
  await Promise.all([readControlPlaneTogether(kube), readControlPlaneTogether(kube), readControlPlaneTogether(kube)]);
  assert.equal(lists, 1);
  clockMs += 2_000;
  await readControlPlaneTogether(kube);
  assert.equal(lists, 2);
  const away = { ...up, listPods: () => ((lists += 1), Promise.reject(stepError('ApiUnreachable', 'no answer'))) };
  await assert.rejects(readControlPlaneTogether(away));
  await assert.rejects(readControlPlaneTogether(away));
  assert.equal(lists, 4);
});
