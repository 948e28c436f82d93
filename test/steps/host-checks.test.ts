import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepError } from '../../activities/step-error.ts';
import { blocks, checkedHost as host, CP1, findings, W1 } from './checked-host.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { assertGolden } from './golden.ts';
import { atOldMinor, plannedNode } from './inputs.ts';

test('sound hosts block nothing, and nothing on them is changed', async (context) => {
  const made = host(context);
  const found = await findings(made);
  assert.deepEqual(blocks(found), []);
  assert.ok(found.some((finding) => finding.check === 'host-packages' && finding.node === 'w1' && finding.severity === 'info'));
  assertGolden('preflight', made.journal().replaceAll(/\/var\/lib\/capstan\/scratch\/\w+/g, '/SCRATCH'));
});

for (const { name, change, message } of [
  { name: 'a version that the repository does not have', change: (made: FakeHost) => made.set('repository/1.34', '1.34.3-1.1\n'), message: /w1: apt has no kubeadm, kubelet, kubectl v1\.34\.4/ },
  { name: 'a kubelet that is down', change: (made: FakeHost) => made.set('kubelet', 'failed\n'), message: /w1: the unit kubelet is failed/ },
  { name: 'swap that the kubelet does not tolerate', change: (made: FakeHost) => made.put('/proc/swaps', 'Filename\n/swapfile file 1 0 -2\n'), message: /w1: swap is on/ },
  { name: 'a full disk', change: (made: FakeHost) => made.set('free', '1048576\n'), message: /w1: the file system of .*\/var\/lib\/capstan has 1024 MiB free, and 2048 MiB are needed/ },
  { name: 'a host whose packages are none', change: (made: FakeHost) => made.set('installed/kubeadm', null), message: /w1: neither dpkg nor rpm knows a package kubeadm/ },
]) {
  test(`the preflight blocks ${name}`, async (context) => {
    const made = host(context);
    change(made);
    const found = blocks(await findings(made, { nodes: [W1] }));
    assert.ok(found.some((text) => message.test(text)), found.join('\n'));
  });
}

test('a control plane that is not made of static pods blocks', async (context) => {
  const made = host(context);
  const found = blocks(await findings(made, { nodes: [plannedNode('cp1', 'control-plane')] }));
  assert.deepEqual(found, []);
  const bare = atOldMinor(fakeHost('apt'));
  context.after(() => bare.remove());
  bare.put('/proc/swaps', 'Filename\n');
  bare.put('/proc/locks', '');
  assert.match(blocks(await findings(bare, { nodes: [CP1] })).join('\n'), /cp1: no manifest of kube-apiserver, kube-controller-manager, kube-scheduler/);
});

test('a host that cannot be reached blocks in the words of its failure, and the others are still checked', async (context) => {
  const made = host(context);
  const { probe } = made.hosts;
  const hosts = {
    ...made.hosts,
    probe: (...args: Parameters<typeof probe>) => (args[0].name === 'w1' ? Promise.reject(stepError('HostUnreachable', 'w1 (w1.example:22) does not answer: ECONNREFUSED', 'Start sshd there.')) : probe(...args)),
  };
  const found = await findings({ ...made, hosts });
  assert.deepEqual(found.filter((finding) => finding.severity === 'block'), [
    { check: 'host-access', severity: 'block', node: 'w1', message: 'w1 (w1.example:22) does not answer: ECONNREFUSED', next: 'Start sshd there.' },
  ]);
  assert.ok(found.some((finding) => finding.node === 'cp1' && finding.check === 'host-images'));
});
