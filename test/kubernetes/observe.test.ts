import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createObserveCluster } from '../../activities/observe/observe-cluster.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi, FakeObject } from '../support/fake-api.ts';
import { fakeNode, fakePod } from '../support/fake-objects.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import { fakeEtcd, noHosts, putCluster, putStaticPod } from '../support/fake-control-plane.ts';

const asked: unknown[] = [];
const observeCluster = createObserveCluster({
  openKube: createOpenKube(),
  openHosts: noHosts,
  readEtcd: (_, members) => {
    asked.push(members);
    return Promise.resolve(fakeEtcd(members.map((member) => member.name)));
  },
});

test('an observation holds roles, versions and addresses, and only the labels that pools select by', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'cp2', 'w1'], 'v1.33.13');
    putStaticPod(api, 'kube-apiserver', 'cp2', 'v1.34.4');
    const observation = await observeCluster({ access: api.access, nodes: [{ name: 'cp2', address: 'cp2.example', port: 2222 }], labelKeys: ['zone'] });
    assert.deepEqual([observation.clusterUid, observation.serverVersion, observation.kubeadmVersion, observation.imageRepository], ['uid-cluster', 'v1.33.13', 'v1.33.13', 'registry.k8s.io']);
    assert.deepEqual(observation.nodes.map(({ name, roles, controlPlaneVersion }) => ({ name, roles, controlPlaneVersion })), [
      { name: 'cp1', roles: ['etcd', 'control-plane'], controlPlaneVersion: 'v1.33.13' },
      { name: 'cp2', roles: ['etcd', 'control-plane'], controlPlaneVersion: 'v1.34.4' },
      { name: 'w1', roles: ['worker'], controlPlaneVersion: null },
    ]);
    assert.deepEqual(observation.nodes.map((node) => node.address), ['10.0.0.3', 'cp2.example', '10.0.0.2']);
    assert.deepEqual(observation.nodes[2]?.labels, { zone: 'a' });
    assert.deepEqual(asked, [[{ name: 'cp1', address: '10.0.0.3', port: 22 }, { name: 'cp2', address: 'cp2.example', port: 2222 }]]);
    assert.equal(observation.etcd.members.length, 2);
  } finally {
    await api.stop();
  }
});

const CONFIG = 'kind: ClusterConfiguration\nkubernetesVersion: v1.33.13\n';
const EXTERNAL = `${CONFIG}etcd:\n  external:\n    endpoints: [https://10.0.9.1:2379]\n`;

function putConfig(api: FakeApi, text: string): void {
  api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system' }, data: { ClusterConfiguration: text } });
}

async function observed(change: (api: FakeApi) => void, names: readonly string[] = ['cp1', 'cp2', 'w1']): Promise<Observation> {
  const api = await startFakeApi();
  try {
    putCluster(api, names, 'v1.33.13');
    change(api);
    return await observeCluster({ access: api.access, nodes: [] });
  } finally {
    await api.stop();
  }
}

function rolesOf({ nodes }: Observation): Readonly<Record<string, string>> {
  return Object.fromEntries(nodes.map(({ name, roles }) => [name, roles.join(',')]));
}

test('etcd is external only where kubeadm-config says so, and then no host is asked', async () => {
  const external = await observed((api) => {
    putConfig(api, EXTERNAL);
    api.remove('pods', 'etcd-cp1');
  }, ['cp1', 'w1']);
  assert.deepEqual(external.etcd, { kind: 'external', members: [], alarms: [] });
  assert.deepEqual(rolesOf(external), { cp1: 'control-plane', w1: 'worker' });
  for (const text of [CONFIG, `${CONFIG}etcd: {}\n`, `${CONFIG}etcd:\n  local:\n    dataDir: /data/etcd\n`, `${CONFIG}etcd:\n  external: null\n`]) {
    const local = await observed((api) => {
      putConfig(api, text);
      api.remove('pods', 'etcd-cp1');
    }, ['cp1', 'w1']);
    assert.deepEqual(local.etcd, { kind: 'stacked', members: [], alarms: [] }, text);
  }
});

test('a node is what its mirror pods say, whatever its labels, and whatever theirs', async () => {
  const observation = await observed((api) => {
    api.put('nodes', fakeNode('cp2'));
    for (const component of ['kube-apiserver', 'etcd']) api.update('pods', `${component}-cp2`, (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: {} } }));
  });
  assert.deepEqual(rolesOf(observation), { cp1: 'etcd,control-plane', cp2: 'etcd,control-plane', w1: 'worker' });
  assert.deepEqual(observation.nodes.map(({ isLabelled }) => isLabelled), [true, false, false]);
  assert.equal(observation.nodes[1]?.controlPlaneVersion, 'v1.33.13');
});

test('a label makes no control plane, and a pod that only looks like a mirror makes no member', async () => {
  const observation = await observed((api) => {
    api.put('nodes', fakeNode('w1', { controlPlane: true }));
    const labels = { tier: 'control-plane', component: 'etcd' };
    // Of a person, of a former node of the name, and of another node.
    api.put('pods', fakePod('etcd-w1', 'w1', { namespace: 'kube-system', labels, image: 'registry.k8s.io/etcd:3.5.24-0' }));
    api.put('pods', withOwner(fakePod('etcd-w1-former', 'w1', { namespace: 'kube-system', mirror: true, labels, image: 'registry.k8s.io/etcd:3.5.24-0' }), 'w1', 'uid-of-a-former-w1'));
    api.put('pods', withOwner(fakePod('etcd-w1-other', 'w1', { namespace: 'kube-system', mirror: true, labels, image: 'registry.k8s.io/etcd:3.5.24-0' }), 'cp1', 'uid-cp1'));
  });
  assert.deepEqual(observation.nodes.find(({ name }) => name === 'w1')?.staticPods, []);
  assert.deepEqual(rolesOf(observation), { cp1: 'etcd,control-plane', cp2: 'etcd,control-plane', w1: 'control-plane' });
});

function withOwner(pod: FakeObject, name: string, uid: string): FakeObject {
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid, controller: true }] } };
}
