import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { hexIdOf, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinor, packageInput, plannedNode } from './inputs.ts';

const MEMBERS = ['cp1', 'cp2', 'cp3'].map((name) => plannedNode(name, 'control-plane'));
const INPUT = { ...packageInput(plannedNode('cp1', 'control-plane')), members: MEMBERS, acceptOutage: false };

function host(context: TestContext, leader: string): FakeHost {
  const made = withEtcd(atOldMinor(fakeHost('apt')), { leader, versions: { cp1: '3.6.5', cp2: '3.6.5', cp3: '3.5.24' } });
  context.after(() => made.remove());
  made.put('/etc/kubernetes/manifests/kube-apiserver.yaml', '    - kube-apiserver\n');
  return made;
}

function activities(made: FakeHost, elapsedMs = () => performance.now()) {
  return createPackageActivities({ openKube: openPlannedKube(UPGRADED), openHosts: async () => made.hosts, now: Date.now, elapsedMs });
}

test('a kubelet that would start an etcd member anew is left alone while the gate is shut', async (context) => {
  const made = host(context, 'cp2');
  made.set('etcd/health', JSON.stringify(['cp1', 'cp2'].map((name) => ({ endpoint: `https://${name}:2379`, health: true }))));
  let clock = 0;
  const failure = await failureOf(runActivity(activities(made, () => (clock += 200_000)).upgradeKubelet, INPUT).result);
  assert.equal(failure.type, 'GateTimeout');
  assert.deepEqual(made.started, []);
});

test('leadership is moved away before the kubelet of the leader is restarted', async (context) => {
  const made = host(context, 'cp1');
  await runActivity(activities(made).upgradeKubeadm, INPUT).result;
  await runActivity(activities(made).upgradeKubelet, INPUT).result;
  assert.match(made.journal(), new RegExp(`etcdctl move-leader ${hexIdOf('cp2')}\\n[^]*systemctl stop kubelet`));
});

test('an attempt claims the kubelet of a member before it looks at the gate', async (context) => {
  const made = host(context, 'cp2');
  await runActivity(activities(made).upgradeKubeadm, INPUT).result;
  const before = made.asked.length;
  await runActivity(activities(made).upgradeKubelet, INPUT).result;
  assert.deepEqual(made.asked.slice(before, before + 2), ['claim upgradeKubelet', 'probe read-etcd']);
});
