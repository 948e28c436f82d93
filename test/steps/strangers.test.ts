/** What a local user, a pod, or another cluster on the same host calls as this node's programs are called: it leads nobody. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SCRIPTS } from '../../activities/hosts/scripts/index.ts';
import { STATIC_POD } from '../../simulator/hosts/process-files.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { controlPlaneHost } from './control-plane-host.ts';
import { ETCD_FLAGS, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinor, plannedNode } from './inputs.ts';
import { DATA, upgradedHost } from './restore-host.ts';

const WHOSE = [
  { whose: 'a local user', change: { user: 1000, cgroup: '/user.slice/user-1000.slice/session-1.scope' } },
  { whose: 'a user who is root in a namespace of their own', change: { ownNamespace: true, cgroup: '/user.slice/user-1000.slice/session-1.scope' } },
  { whose: 'a pod', change: { cgroup: '/kubepods/besteffort/pod1b4e28ba-2fa1-11d2-883f-0016d3cca427/5f1c' } },
  { whose: 'a control plane in a container of the host', change: { cgroup: `/system.slice/docker-5f1c.scope/kubepods/burstable/${STATIC_POD}/5f1c` } },
] as const;

for (const { whose, change } of WHOSE) {
  test(`processes of ${whose} with the names and the flags of this node's control plane get no signal, and nobody waits for them`, async (context) => {
    const { steps, input, stranger, process } = await upgradedHost(context);
    const strangers = [
      stranger({ name: 'etcd', args: ETCD_FLAGS, ...change }), stranger({ name: 'kube-apiserver', args: ['--advertise-address=10.0.0.1'], ...change }),
      stranger({ name: 'kube-controller-manager', args: ['--kubeconfig=/etc/kubernetes/x.conf'], ...change }), stranger({ name: 'kube-scheduler', args: ['--kubeconfig=/etc/kubernetes/x.conf'], ...change }),
    ];
    const own = process('etcd', ...ETCD_FLAGS);
    await runActivity(steps.prepareRestore, input()).result;

    await runActivity(steps.stopControlPlane, input()).result;
    await own.ended;
    await runActivity(steps.restoreControlPlane, input()).result;

    assert.equal(await Promise.race([...strangers.map(({ ended }) => ended.then(() => 'ended')), Promise.resolve('run')]), 'run');
  });

  test(`a kubeadm of ${whose} neither keeps a restore from its work nor makes a step unknown`, async (context) => {
    const { steps, input, host } = await upgradedHost(context);
    host.show('kubeadm', change);
    await runActivity(steps.prepareRestore, input()).result;
    await runActivity(steps.stopControlPlane, input()).result;
    const state = await host.hosts.probe(plannedNode('cp1', 'control-plane'), SCRIPTS.kubeadmState, ['/var/lib/capstan/u1/cp1/record', 'v1.34.4']);
    assert.doesNotMatch(state.stdout, /running kubeadm/);
  });
}

test('a kubeadm that root runs, whatever runs beside it, is named by its number', async (context) => {
  const { steps, input, host } = await upgradedHost(context);
  host.show('kubeadm', WHOSE[0].change);
  const own = host.show('kubeadm', { cgroup: 'host' });
  await runActivity(steps.prepareRestore, input()).result;
  assert.match((await failureOf(runActivity(steps.stopControlPlane, input()).result)).message, new RegExp(`kubeadm runs on this host: process ${own}\\.`));
});

/** A process that has a file open: the link as Linux shows it, which is text, and leads to the file itself. */
function opens(host: FakeHost, file: string): number {
  const pid = host.show('db', { cgroup: 'host' });
  const folder = join(host.root, 'proc', String(pid), 'fd');
  mkdirSync(folder, { recursive: true });
  symlinkSync(file, join(folder, '7'));
  return pid;
}

test('a process that has a file of the member open keeps its data from being moved, whatever it is called', async (context) => {
  const { steps, input, host } = await upgradedHost(context);
  await runActivity(steps.prepareRestore, input()).result;
  const pid = opens(host, join(host.root, DATA, 'member/snap/db'));
  assert.match((await failureOf(runActivity(steps.stopControlPlane, input()).result)).message, new RegExp(`a process still has files of .*/member open: ${pid}\\.`));
});

test('a process that has the same path open in a container of its own does not', async (context) => {
  const { steps, input, host } = await upgradedHost(context);
  // What the link of another mount namespace says is a path there.
  const elsewhere = join(host.root, 'container', DATA, 'member/snap');
  mkdirSync(elsewhere, { recursive: true });
  writeFileSync(join(elsewhere, 'db'), 'of an application');
  opens(host, join(elsewhere, 'db'));
  opens(host, `${DATA}/member/snap/db`);
  await runActivity(steps.prepareRestore, input()).result;
  await runActivity(steps.stopControlPlane, input()).result;
});

test('a member whose data folder is a link is seen where it has its files open', async (context) => {
  const { steps, input, host } = await upgradedHost(context);
  await runActivity(steps.prepareRestore, input()).result;
  symlinkSync(join(host.root, DATA), join(host.root, 'disk'));
  const pid = opens(host, join(host.root, 'disk/member/snap/db'));
  assert.match((await failureOf(runActivity(steps.stopControlPlane, input()).result)).message, new RegExp(`open: ${pid}\\.`));
});

test('without pgrep nothing counts as ended: the step says what is missing', async (context) => {
  const { steps, input, host } = await upgradedHost(context);
  await runActivity(steps.prepareRestore, input()).result;
  host.program('pgrep', null);
  assert.match((await failureOf(runActivity(steps.stopControlPlane, input()).result)).message, /pgrep is not on this host/);
});

for (const { whose, change } of WHOSE) {
  test(`connections of ${whose} that calls itself a kubelet or a scheduler count as others'`, async (context) => {
    const made = controlPlaneHost(context, ['lib-api-server'], {});
    made.put('root/etc/kubernetes/manifests/kube-scheduler.yaml', '    - --kubeconfig=/etc/kubernetes/scheduler.conf\n');
    for (const [pid, name] of [[5_000_001, 'kubelet'], [5_000_002, 'kube-scheduler']] as const) {
      made.show(pid, { name, args: ['--kubeconfig=/etc/kubernetes/scheduler.conf'], ...change });
      made.put(`process-${name}`, `${pid}\n`);
      made.link(`proc/${pid}/fd/7`, `socket:[${pid}]`);
    }
    made.show(5_000_003, { name: 'kubelet', cgroup: 'host' });
    made.put('process-kubelet', '5000001\n5000003\n');
    made.link('proc/5000003/fd/7', 'socket:[900]');
    assert.equal((await made.step('sockets_of_components; say').end()).trim(), '900');
  });
}

test('what a script that was cut off left in the folder of scratch goes away with the next', async (context) => {
  const made = withEtcd(atOldMinor(fakeHost('apt')), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => made.remove());
  made.put('/var/lib/capstan/scratch/old/kubeadm', '');
  made.put('/var/lib/capstan/scratch/new/kubeadm', '');
  made.age('/var/lib/capstan/scratch/old');
  await made.hosts.probe(plannedNode('cp1', 'control-plane'), SCRIPTS.listImages, ['--version', 'v1.33.13', '--minor', '1.33', '--repository', '', '--image-repository', '']);
  assert.deepEqual(made.list('/var/lib/capstan/scratch'), ['new']);
});
