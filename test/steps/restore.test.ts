import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import { createRestoreSteps, revisionBump } from '../../activities/restore/restore-steps.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { ETCD_FLAGS } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import { assertGolden } from './golden.ts';
import { atOldMinor, packageInput, plannedNode } from './inputs.ts';
import { DATA, MANIFESTS, RECORD, SNAPSHOT_TEXT, upgradedHost } from './restore-host.ts';

test('a restore of a control-plane node issues these commands and no others: data, packages and configuration of before, and the kubelet last', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  const before = host.journal();

  for (const step of [steps.prepareRestore, steps.stopControlPlane, steps.restoreControlPlane]) await runActivity(step, input()).result;
  const started = await runActivity(steps.startControlPlane, input()).result;

  assert.equal(host.read(`${DATA}/member/snap/db`), SNAPSHOT_TEXT);
  assert.equal(host.read(`${DATA}/member.before-1000/snap/db`), 'live\n');
  assert.match(host.read(`${MANIFESTS}/kube-apiserver.yaml`), /kube-apiserver:v1\.33\.13/);
  assert.equal(host.read('/etc/kubernetes/pki/apiserver.crt'), 'certificate of v1.33.13\n');
  assert.equal(host.read('/var/lib/kubelet/config.yaml'), 'kind: KubeletConfiguration\n');
  assert.deepEqual(['kubeadm', 'kubelet', 'kubectl'].map((name) => [host.get(`installed/${name}`), host.get(`held/${name}`) !== null]), Array.from({ length: 3 }, () => ['1.33.13-1.1\n', true]));
  assert.match(started.restartedAt ?? '', /^\d{4}-/);
  assertGolden('apt-restore', host.journal().slice(before.length));
});

test('the live member is not touched, and nothing stops, before all is prepared', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  const first = await failureOf(runActivity(steps.stopControlPlane, input()).result);
  assert.match(first.message, /restored-1000 is not there: the snapshot was not restored on this host/);

  const prepared = await runActivity(steps.prepareRestore, input()).result;

  assert.equal(prepared.changed, true);
  assert.equal(host.read(`${DATA}/member/snap/db`), 'live\n');
  assert.ok(existsSync(join(host.root, MANIFESTS, 'etcd.yaml')));
  assert.doesNotMatch(host.journal(), /systemctl stop kubelet\n(?!.*start)/s);
});

test('another snapshot than the one confirmed, a damaged etcdutl and a damaged record are refused before anything is restored', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  const { snapshot } = input();
  // As if it had changed on the way to the host: the copy itself is not what is looked at.
  const other = await failureOf(runActivity(steps.prepareRestore, { ...input(), snapshot: { ...snapshot, sha256: '0'.repeat(64) } }).result);
  assert.match(other.message, /snapshot\.db has the SHA-256 [0-9a-f]{64}, not 0{64}/);

  host.put(`${RECORD}/etcdutl`, 'damaged\n');
  assert.match((await failureOf(runActivity(steps.prepareRestore, input(1000, 1)).result)).message, /etcdutl is damaged: its SHA-256 does not hold/);

  host.put(`${RECORD}/files${MANIFESTS}/etcd.yaml`, 'damaged\n');
  assert.match((await failureOf(runActivity(steps.prepareRestore, input(1000, 2)).result)).message, /No etcd member is recorded|record\/files is damaged/);
  assert.deepEqual(readdirSync(join(host.root, DATA)), ['member']);
});

test('a disk without room is refused before anything is sent or restored', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  host.set('free', '1000\n');
  const failure = await failureOf(runActivity(steps.prepareRestore, input()).result);
  assert.match(failure.message, /cp1 .* has 1000 KiB free in \/var\/lib, and the snapshot needs \d+ KiB with 1 GiB to spare/);
  assert.equal(existsSync(join(host.root, '/var/lib/capstan/u1/cp1/restore/snapshot.db')), false);
});

test('the processes of this node\'s control plane end, also one that does not hear SIGTERM in time, and those of others do not', async (context) => {
  const { host, steps, input, process } = await upgradedHost(context);
  const own = [
    process('etcd', ...ETCD_FLAGS), process('kube-apiserver', '--advertise-address=10.0.0.1'),
    process('kube-controller-manager', '--kubeconfig=/etc/kubernetes/x.conf'), process('kube-scheduler', '--kubeconfig=/etc/kubernetes/x.conf'),
  ];
  const hosted = process('etcd', '--name=tenant', '--data-dir=/var/lib/etcd', '--initial-advertise-peer-urls=https://10.9.9.9:2380');
  await runActivity(steps.prepareRestore, input()).result;

  await runActivity(steps.stopControlPlane, input()).result;

  await Promise.all(own.map(({ ended }) => ended));
  assert.equal(await Promise.race([hosted.ended.then(() => 'ended'), Promise.resolve('runs')]), 'runs');
  assert.deepEqual(readdirSync(join(host.root, MANIFESTS)), []);
  assert.deepEqual(readdirSync(join(host.root, '/var/lib/capstan/u1/cp1/restore/1000/manifests')), ['etcd.yaml', 'kube-apiserver.yaml', 'kube-controller-manager.yaml', 'kube-scheduler.yaml']);
});

test('while kubeadm runs nothing is stopped', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  await runActivity(steps.prepareRestore, input()).result;
  host.show('kubeadm', { cgroup: 'host' });
  assert.match((await failureOf(runActivity(steps.stopControlPlane, input()).result)).message, /kubeadm runs on this host/);
  assert.ok(existsSync(join(host.root, MANIFESTS, 'etcd.yaml')));
});

test('data of a member that runs is never moved', async (context) => {
  const { host, steps, input, process } = await upgradedHost(context);
  await runActivity(steps.prepareRestore, input()).result;
  process('etcd', ...ETCD_FLAGS);
  const failure = await failureOf(runActivity(steps.restoreControlPlane, input()).result);
  assert.match(failure.message, /the control plane of this node runs/);
  assert.equal(host.read(`${DATA}/member/snap/db`), 'live\n');
});

test('a restore that was cut between its two renames goes on, and one that is run again changes nothing', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  await runActivity(steps.prepareRestore, input()).result;
  await runActivity(steps.stopControlPlane, input()).result;
  renameSync(join(host.root, DATA, 'member'), join(host.root, DATA, 'member.before-1000'));

  await runActivity(steps.restoreControlPlane, input()).result;
  const again = await runActivity(steps.restoreControlPlane, input(1000, 1)).result;

  assert.equal(again.changed, false);
  assert.equal(host.read(`${DATA}/member/snap/db`), SNAPSHOT_TEXT);
  assert.equal(host.read(`${DATA}/member.before-1000/snap/db`), 'live\n');
});

test('a second restore from the same snapshot is one of its own, and sets aside what the first one brought', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  const all = [steps.prepareRestore, steps.stopControlPlane, steps.restoreControlPlane, steps.startControlPlane];
  for (const step of all) await runActivity(step, input(1000)).result;
  host.put(`${DATA}/member/snap/db`, 'written since\n');

  for (const step of all) await runActivity(step, input(2000)).result;

  assert.equal(host.read(`${DATA}/member/snap/db`), SNAPSHOT_TEXT);
  assert.equal(host.read(`${DATA}/member.before-2000/snap/db`), 'written since\n');
  assert.equal(host.started.filter((step) => step === 'restoreControlPlane').length, 2);
});

test('a kubelet is not started over data or manifests that were not put in their places', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  assert.match((await failureOf(runActivity(steps.startControlPlane, input()).result)).message, /the restored member is not in its place/);
  mkdirSync(join(host.root, DATA, 'restored-1000'));
  assert.match((await failureOf(runActivity(steps.startControlPlane, input(1000, 1)).result)).message, /manifests\/etcd\.yaml is not the recorded one/);
});

test('a control-plane node that no package step has reached keeps its packages', async (context) => {
  const { host, steps, input } = await upgradedHost(context);
  for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
    host.set(`installed/${name}`, '1.33.13-1.1\n');
    renameSync(join(host.root, RECORD, 'versions', name), join(host.root, RECORD, `packages/was-${name}`));
  }
  const before = host.journal();
  for (const step of [steps.prepareRestore, steps.stopControlPlane, steps.restoreControlPlane]) await runActivity(step, input()).result;
  assert.doesNotMatch(host.journal().slice(before.length), /apt-get/);
});

test('a worker goes back whatever its static pods have become', async (context) => {
  const host = atOldMinor(fakeHost('apt'));
  context.after(() => host.remove());
  const openHosts = async () => host.hosts;
  host.put(`${MANIFESTS}/proxy.yaml`, 'image: proxy:1\n');
  host.put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n');
  const packages = createPackageActivities({ openKube: openPlannedKube(UPGRADED), openHosts, now: Date.now });
  const node = plannedNode('w1', 'worker');
  for (const step of [packages.stageNode, packages.upgradeKubeadm, packages.upgradeKubelet]) await runActivity(step, packageInput(node)).result;
  host.put(`${MANIFESTS}/proxy.yaml`, 'image: proxy:2\n');
  const { restoreWorker } = createRestoreSteps({ openHosts, now: Date.now });
  const { input } = await upgradedHost(context);

  const result = await runActivity(restoreWorker, { ...input(), node: { ...node, from: node.to, to: node.from } }).result;

  assert.equal(result.note, 'back at v1.33.13, kubelet restarted');
  assert.equal(host.get('installed/kubelet'), '1.33.13-1.1\n');
  assert.equal(host.read(`${MANIFESTS}/proxy.yaml`), 'image: proxy:2\n');
});

test('each restore begins beyond every revision that a client has seen, whatever was restored before', () => {
  const at = (epochMs: number, revision: number): number => revision + revisionBump({ epochMs, snapshot: { file: '', sha256: '', bytes: 1, revision, takenAt: '', etcdVersion: '' } });
  const [first, second, third] = [Date.UTC(2026, 10, 21, 18), Date.UTC(2026, 10, 21, 18, 5), Date.UTC(2026, 10, 21, 18, 10)];
  const live = at(first, 1_120) + 5 * 60 * 1_000;
  assert.ok(at(second, 1_120) > live, 'the same snapshot again');
  assert.ok(at(second, live) > live, 'one that was taken since');
  assert.ok(at(third, 1_120) > at(second, live) + 5 * 60 * 1_000, 'the first one after the second');
  assert.ok(Number.isSafeInteger(at(third, live)));
  assert.equal(revisionBump({ epochMs: 1, snapshot: { file: '', sha256: '', bytes: 1, revision: 70, takenAt: '', etcdVersion: '' } }), 1_000_000_000);
});
