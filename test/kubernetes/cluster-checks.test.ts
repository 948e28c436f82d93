import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createObserveCluster } from '../../activities/observe/observe-cluster.ts';
import { clusterFindings } from '../../activities/preflight/cluster-checks.ts';
import { runtimeFindings } from '../../activities/preflight/cluster-runtime-checks.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import { etcdFindings } from '../../activities/preflight/cluster-etcd-checks.ts';
import { spec as domainSpec } from '../domain/cluster.ts';
import type { EtcdObservation, Observation } from '../../workflows/domain/observation.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { LeftOutNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { fakeEtcd, noHosts, putCluster, putStaticPod } from '../support/fake-control-plane.ts';
import { DRAIN, fakeBudget, fakeNode, fakePod, plannedNode } from '../support/fake-objects.ts';

const NODES = ['cp1', 'cp2', 'cp3', 'w1'];
const openKube = createOpenKube();

async function findings(api: FakeApi, etcd: EtcdObservation = fakeEtcd(['cp1', 'cp2', 'cp3']), acceptOutage = false, change: Partial<UpgradeSpec> = {}, leftOut: readonly LeftOutNode[] = []): Promise<readonly Finding[]> {
  const observe = createObserveCluster({ openKube, openHosts: noHosts, readEtcd: () => Promise.resolve(etcd) });
  const spec: UpgradeSpec = {
    name: 'lab', driver: 'kubeadm', target: { version: 'v1.34.4' }, access: api.access, nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage, backup: null }, staging: { width: 20 },
    pools: [{ name: 'default', selector: null, maxUnavailable: 1, maxUnavailablePerZone: null, drain: DRAIN }], packages: { repository: null },
    kubeadm: { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null }, addons: [], ...change,
  };
  const plan: UpgradePlan = {
    cluster: 'lab', clusterUid: 'uid-cluster', driver: 'kubeadm', from: 'v1.33.13', to: 'v1.34.4', hops: [], phases: [],
    nodes: NODES.map((name) => plannedNode(name, name === 'w1' ? {} : { roles: ['etcd', 'control-plane'], pool: null })),
    etcd: { kind: 'stacked', members: 3, outage: false }, changes: true, notes: [], imageRepository: null, spec: executedSpec(spec), files: [], hash: '', leftOut,
  };
  return clusterFindings(await openKube(api.access), spec, await observe({ access: api.access, nodes: [] }), plan, Date.now());
}

/** `severity check` of all findings that are no good news. */
function bad(list: readonly Finding[]): readonly string[] {
  return list.filter((finding) => finding.severity !== 'info').map((finding) => `${finding.severity} ${finding.check}`).toSorted();
}

async function withCluster(run: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    putCluster(api, NODES, 'v1.33.13');
    await run(api);
  } finally {
    await api.stop();
  }
}

test('a healthy cluster has a finding for each check, and none is bad', () =>
  withCluster(async (api) => {
    const list = await findings(api);
    assert.deepEqual(bad(list), []);
    assert.deepEqual(list.map((finding) => finding.check), ['api-ready', 'nodes-ready', 'control-plane-pods', 'etcd-members-healthy', 'version-skew', 'webhooks-answer', 'node-services-ready', 'container-runtime', 'pods-evictable', 'budgets-allow']);
  }));

test('nodes, components and cordons are judged each by name', () =>
  withCluster(async (api) => {
    api.put('nodes', fakeNode('w1', { version: 'v1.34.4', ready: 'False', unschedulable: true }));
    api.put('nodes', fakeNode('w2', { version: 'v1.33.13', annotations: { 'capstan.dev/cordoned-by': 'upgrade/lab#u0' } }));
    putStaticPod(api, 'kube-scheduler', 'cp2', 'v1.33.13', false);
    api.remove('pods', 'kube-apiserver-cp3');
    const list = await findings(api);
    assert.deepEqual(bad(list), ['block control-plane-pods', 'block control-plane-pods', 'block nodes-ready', 'block version-skew', 'warn cordon-leftover']);
    assert.deepEqual(list.filter((finding) => finding.check === 'cordoned-by-person').map((finding) => finding.node), ['w1']);
  }));

test('etcd blocks while contract 2 does not hold', () =>
  withCluster(async (api) => {
    const healthy = fakeEtcd(['cp1', 'cp2', 'cp3']);
    const [first, second, third] = healthy.members;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.deepEqual(bad(await findings(api, { ...healthy, members: [{ ...first, healthy: false }, { ...second, learner: true }, third], alarms: ['NOSPACE'] })), ['block etcd-members-healthy', 'block etcd-no-alarm', 'block etcd-no-learner']);
    assert.deepEqual(bad(await findings(api, { ...healthy, members: [first, second, { ...third, node: 'former', name: 'former' }] })), ['block etcd-members-match', 'block etcd-members-match']);
    assert.deepEqual(bad(await findings(api, { ...healthy, members: [first, second] })), ['block etcd-members-match', 'block etcd-quorum']);
  }));

test('pods that a drain would refuse block, with pod and spec key; a budget that allows nothing warns with its pods', () =>
  withCluster(async (api) => {
    api.put('pods', fakePod('bare', 'w1', { controller: null }));
    api.put('pods', fakePod('cache', 'cp1', { emptyDir: true }));
    api.put('pods', fakePod('web', 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    const list = await findings(api);
    assert.deepEqual(bad(list), ['block pods-evictable', 'block pods-evictable', 'warn budgets-allow']);
    const texts = list.map((finding) => finding.message).join('\n');
    assert.match(texts, /node w1 would refuse default\/bare.*spec\.pools\[default\]\.drain\.deleteBarePods/);
    assert.match(texts, /node cp1 would refuse default\/cache.*spec\.controlPlane\.drain\.deleteEmptyDir allows it/);
    assert.match(texts, /PodDisruptionBudget default\/web allows no disruption.*default\/web/);
  }));

for (const { name, drain, blocked } of [
  { name: 'what a pool allows says nothing about the control plane', drain: DRAIN, blocked: ['bare', 'cache'] },
  { name: 'deleteEmptyDir lets its data go', drain: { ...DRAIN, deleteEmptyDir: true }, blocked: ['bare'] },
  { name: 'deleteBarePods lets such a pod go', drain: { ...DRAIN, deleteBarePods: true }, blocked: ['cache'] },
  { name: 'enabled: false leaves all of them, as on a single node', drain: { ...DRAIN, enabled: false }, blocked: [] },
  { name: 'podSelector leaves the others', drain: { ...DRAIN, podSelector: 'app=web' }, blocked: [] },
] as const) {
  test(`workloads of control-plane nodes are drained as spec.controlPlane.drain says: ${name}`, () =>
    withCluster(async (api) => {
      api.put('pods', fakePod('bare', 'cp1', { controller: null }));
      api.put('pods', fakePod('cache', 'cp2', { emptyDir: true }));
      const pools = [{ name: 'default', selector: null, maxUnavailable: 1, maxUnavailablePerZone: null, drain: { ...DRAIN, deleteBarePods: true, deleteEmptyDir: true } }];
      const list = await findings(api, fakeEtcd(['cp1', 'cp2', 'cp3']), false, { pools, controlPlane: { drain } });
      const blocks = list.filter((finding) => finding.severity === 'block');
      assert.deepEqual(blocks.map(({ message }) => /default\/(\w+)/.exec(message)?.[1]), blocked);
      for (const { next } of blocks) {
        assert.match(next ?? '', /spec\.controlPlane\.drain\.delete/);
        assert.doesNotMatch(next ?? '', /spec\.pools|kubectl delete|[Dd]elete default/);
      }
    }));
}

test('a webhook blocks where it fails closed on what an upgrade needs and nobody answers it', () =>
  withCluster(async (api) => {
    const webhook = (name: string, change: object): void =>
      api.put('validatingwebhookconfigurations', {
        apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name },
        webhooks: [{ name: `${name}.example`, failurePolicy: 'Fail', rules: [{ apiGroups: [''], resources: ['pods'] }], clientConfig: { service: { namespace: 'default', name: 'hook' } }, ...change }],
      });
    webhook('ignored', { failurePolicy: 'Ignore' });
    webhook('outside', { clientConfig: { url: 'https://hook.example' } });
    webhook('ours-not', { rules: [{ apiGroups: ['apps'], resources: ['deployments'] }] });
    assert.deepEqual(bad(await findings(api)), []);
    webhook('closed', { rules: [{ apiGroups: ['*'], resources: ['*/*'] }] });
    const list = await findings(api);
    assert.deepEqual(bad(list), ['block webhooks-answer']);
    api.put('endpointslices', { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'hook-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hook' } }, endpoints: [{ conditions: { ready: true } }] });
    assert.deepEqual(bad(await findings(api)), []);
  }));

test('DaemonSet pods that nodes need and that are not Ready already are named before, by DaemonSet and nodes, and the same twice', () =>
  withCluster(async (api) => {
    const plugin = (name: string, node: string, change: object = {}): void => api.put('pods', fakePod(name, node, { namespace: 'kube-system', controller: 'DaemonSet', ready: false, ...change }));
    plugin('plugin-b', 'w1');
    plugin('plugin-a', 'cp2');
    plugin('csi', 'w1', { namespace: 'storage', priorityClassName: 'system-node-critical' });
    plugin('agent', 'w1', { namespace: 'default' });
    plugin('good', 'cp1', { ready: true });
    const list = await findings(api);
    const named = list.filter(({ check }) => check === 'node-services-ready').map(({ severity, message }) => `${severity} ${message}`);
    assert.deepEqual(named, [
      'warn Pods of the DaemonSet kube-system/owner are not Ready on cp2, w1 before anything was changed: they do not hold those nodes afterwards.',
      'warn Pods of the DaemonSet storage/owner are not Ready on w1 before anything was changed: they do not hold that node afterwards.',
    ]);
    assert.deepEqual(await findings(api), list);
  }));

for (const { runtime, to, severity } of [
  { runtime: 'containerd://1.7.24', to: 'v1.36.0', severity: 'warn' },
  { runtime: 'containerd://1.6.36~ds1', to: 'v1.37.1', severity: 'warn' },
  { runtime: 'containerd://1.7.24', to: 'v1.35.4', severity: 'info' },
  { runtime: 'containerd://2.1.4', to: 'v1.36.0', severity: 'info' },
  { runtime: 'containerd://v2.0.0-rc.1', to: 'v1.36.0', severity: 'info' },
  { runtime: 'cri-o://1.33.2', to: 'v1.36.0', severity: 'info' },
  { runtime: undefined, to: 'v1.36.0', severity: 'info' },
] as const) {
  test(`the runtime ${runtime ?? 'of which nothing is said'} ${severity === 'warn' ? 'warns' : 'is no matter'} at ${to}`, () => {
    const nodeInfo = { kubeletVersion: 'v1.35.2', ...(runtime === undefined ? {} : { containerRuntimeVersion: runtime }) };
    const node = { metadata: { name: 'w1', uid: 'uid-w1', resourceVersion: '1' }, spec: {}, status: { nodeInfo } };
    const found = runtimeFindings([node], { nodes: [plannedNode('w1', { to })] });
    assert.deepEqual(found.map((finding) => finding.severity), [severity]);
  });
}

test('a node that the plan leaves out blocks nothing: another tool\'s is told, and one that was away before is warned of', () =>
  withCluster(async (api) => {
    for (const name of ['w2', 'w3', 'w4']) api.put('nodes', fakeNode(name));
    api.put('nodes', fakeNode('w2', { ready: 'Unknown', unschedulable: true }));
    api.put('nodes', { ...fakeNode('vk1', { version: 'v1.19.1', ready: 'False' }), spec: { taints: [{ key: 'virtual-kubelet.io/provider', effect: 'NoSchedule' }] } });
    const list = await findings(api, undefined, false, {}, [{ name: 'vk1', kind: 'foreign', reason: 'virtual kubelet' }, { name: 'w2', kind: 'unready', reason: 'not Ready before the start', pool: 'default' }]);
    assert.deepEqual(bad(list), ['warn nodes-ready']);
    assert.match(list.find(({ check, node }) => check === 'nodes-ready' && node === 'w2')?.message ?? '', /w2 is not Ready: it is left out, and counts as one of maxUnavailable of the pool default/);
    assert.match(list.find(({ check }) => check === 'nodes-left-out')?.message ?? '', /vk1 is left out: virtual kubelet/);
    assert.ok(!list.some(({ check }) => check === 'cordoned-by-person'), 'a node that is left out is not called upgraded');
  }));

test('a control-plane node that is not Ready, or that an upgrade left down, still blocks', () =>
  withCluster(async (api) => {
    api.put('nodes', fakeNode('cp2', { controlPlane: true, ready: 'Unknown' }));
    api.put('nodes', fakeNode('w1', { ready: 'False', unschedulable: true, annotations: { 'capstan.dev/cordoned-by': 'upgrade/lab#u0' } }));
    const list = await findings(api);
    assert.deepEqual(list.filter(({ severity, check }) => severity === 'block' && check === 'nodes-ready').map(({ node }) => node), ['cp2', 'w1']);
  }));

test('a lost label of a control-plane node is a warning with the command that puts it back', () =>
  withCluster(async (api) => {
    api.put('nodes', fakeNode('cp2'));
    const list = await findings(api);
    assert.deepEqual(bad(list), ['warn control-plane-label']);
    assert.match(list.find(({ check }) => check === 'control-plane-label')?.next ?? '', /`kubectl label node cp2 node-role\.kubernetes\.io\/control-plane=`/);
  }));

test('an external etcd needs evidence of a backup, whose age is said', () => {
  const nowMs = Date.parse('2026-12-01T02:00:00Z');
  const external: Observation = { clusterUid: 'u', serverVersion: 'v1.33.13', kubeadmVersion: 'v1.33.13', imageRepository: null, nodes: [], etcd: { kind: 'external', members: [], alarms: [] } };
  const found = (takenAt: string | null) => {
    const backup = takenAt === null ? null : { takenAt, where: 's3://b/x.db', by: 'ops' };
    const { severity, message } = etcdFindings(external, { ...domainSpec(), etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup } }, nowMs).find(({ check }) => check === 'etcd-backup') ?? { severity: 'none', message: '' };
    return `${severity}: ${message}`;
  };
  assert.match(found(null), /^block: etcd is external, so no snapshot of it is taken, and the spec names no backup/);
  assert.match(found('2026-12-01T01:15:00Z'), /^info: The backup of etcd that ops took at .* \(s3:\/\/b\/x\.db\) is 45 minutes old/);
  assert.match(found('2026-12-01T00:00:00+02:00'), /^info: .* is 4 hours old/);
  assert.match(found('2026-11-24T00:00:00Z'), /^warn: .* is 7 days old/);
  assert.match(found('2026-12-02T00:00:00Z'), /^block: .*of the future by the worker's clock/);
});
