import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createObserveCluster } from '../../activities/observe/observe-cluster.ts';
import { startFakeApi } from '../support/fake-api.ts';
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

test('etcd is external where no node runs it as a static pod, and no host is asked', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'w1'], 'v1.33.13');
    api.remove('pods', 'etcd-cp1');
    api.remove('configmaps', 'kubeadm-config');
    const observation = await observeCluster({ access: api.access, nodes: [] });
    assert.deepEqual(observation.etcd, { kind: 'external', members: [], alarms: [] });
    assert.deepEqual(observation.nodes[0]?.roles, ['control-plane']);
    assert.equal(observation.kubeadmVersion, null);
  } finally {
    await api.stop();
  }
});
