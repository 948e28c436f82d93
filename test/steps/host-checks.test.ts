import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { hostFindings } from '../../activities/preflight/host-checks.ts';
import { stepError } from '../../activities/step-error.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { runActivity } from '../support/run-activity.ts';
import { withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { assertGolden } from './golden.ts';
import { atOldMinor, KUBEADM, plannedNode, TEMPLATE, UPGRADE } from './inputs.ts';

const CP1 = plannedNode('cp1', 'control-plane', true);
const W1 = plannedNode('w1', 'worker');

const SPEC: UpgradeSpec = {
  name: 'prod', driver: 'kubeadm', target: { version: 'v1.34.4' }, access: UPGRADE.access, nodes: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false }, staging: { width: 20 },
  pools: [], packages: { repository: TEMPLATE }, kubeadm: KUBEADM, addons: [],
};

function plan(nodes: readonly PlannedNode[]): UpgradePlan {
  return { cluster: 'prod', clusterUid: 'uid', driver: 'kubeadm', from: 'v1.33.13', to: 'v1.34.4', hops: [], phases: [], nodes, etcd: { kind: 'stacked', members: 1, outage: false }, changes: true, notes: [], imageRepository: null, spec: executedSpec(SPEC), files: [], hash: '' };
}

function host(context: TestContext): FakeHost {
  const made = withEtcd(atOldMinor(fakeHost('apt')), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => made.remove());
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) made.put(`/etc/kubernetes/manifests/${name}.yaml`, '');
  made.put('/proc/swaps', 'Filename Type Size Used Priority\n');
  made.put('/proc/locks', '');
  return made;
}

async function findings(made: FakeHost, nodes: readonly PlannedNode[] = [CP1, W1]): Promise<readonly Finding[]> {
  return runActivity(() => hostFindings(made.hosts, plan(nodes), SPEC, null), undefined).result;
}

function blocks(found: readonly Finding[]): readonly string[] {
  return found.filter((finding) => finding.severity === 'block').map((finding) => `${finding.node}: ${finding.message}`);
}

test('sound hosts block nothing, and nothing on them is changed', async (context) => {
  const made = host(context);
  const found = await findings(made);
  assert.deepEqual(blocks(found), []);
  assert.ok(found.some((finding) => finding.check === 'host-packages' && finding.node === 'w1' && finding.severity === 'info'));
  assertGolden('preflight', made.journal().replaceAll(/\/tmp\.\w+/g, '/SCRATCH'));
});

for (const { name, change, message } of [
  { name: 'a version that the repository does not have', change: (made: FakeHost) => made.set('repository/1.34', '1.34.3-1.1\n'), message: /w1: apt has no kubeadm, kubelet, kubectl v1\.34\.4/ },
  { name: 'a kubelet that is down', change: (made: FakeHost) => made.set('kubelet', 'failed\n'), message: /w1: the unit kubelet is failed/ },
  { name: 'swap that the kubelet does not tolerate', change: (made: FakeHost) => made.put('/proc/swaps', 'Filename\n/swapfile file 1 0 -2\n'), message: /w1: swap is on/ },
  { name: 'a full disk', change: (made: FakeHost) => made.set('free', '1048576\n'), message: /w1: \/var\/lib has 1024 MiB free, and 2048 MiB are needed/ },
  { name: 'an image that cannot be had', change: (made: FakeHost) => made.set('no-registry', ''), message: /w1: the image registry\.k8s\.io\/kube-proxy:v1\.34\.4 is not there and cannot be pulled: .*no route to host/ },
  { name: 'a host whose packages are none', change: (made: FakeHost) => made.set('installed/kubeadm', null), message: /w1: neither dpkg nor rpm knows a package kubeadm/ },
]) {
  test(`the preflight blocks ${name}`, async (context) => {
    const made = host(context);
    change(made);
    const found = blocks(await findings(made, [W1]));
    assert.ok(found.some((text) => message.test(text)), found.join('\n'));
  });
}

for (const [written, tolerated] of [
  ['failSwapOn: false', true], ['failSwapOn:   false  # a laptop', true], ['failSwapOn: no', true], ['failSwapOn: False\r', true],
  ['failSwapOn: true # not false', false], ['# failSwapOn: false', false], ['memorySwap: {failSwapOn: false}', false],
] as const) {
  test(`swap ${tolerated ? 'is no matter' : 'blocks'} where the kubelet's configuration says ${JSON.stringify(written)}`, async (context) => {
    const made = host(context);
    made.put('/proc/swaps', 'Filename\n/swapfile file 1 0 -2\n');
    made.put('/var/lib/kubelet/config.yaml', `kind: KubeletConfiguration\n${written}\nhealthzPort: 10248\n`);
    assert.deepEqual(blocks(await findings(made, [W1])).some((text) => /swap is on/.test(text)), !tolerated);
  });
}

test('a kernel that knows no swap has none', async (context) => {
  const made = host(context);
  rmSync(join(made.root, 'proc/swaps'));
  assert.deepEqual(blocks(await findings(made, [W1])), []);
});

test('a control plane that is not made of static pods blocks', async (context) => {
  const made = host(context);
  const found = blocks(await findings(made, [plannedNode('cp1', 'control-plane')]));
  assert.deepEqual(found, []);
  const bare = atOldMinor(fakeHost('apt'));
  context.after(() => bare.remove());
  bare.put('/proc/swaps', 'Filename\n');
  bare.put('/proc/locks', '');
  assert.match(blocks(await findings(bare, [CP1])).join('\n'), /cp1: no manifest of kube-apiserver, kube-controller-manager, kube-scheduler/);
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
