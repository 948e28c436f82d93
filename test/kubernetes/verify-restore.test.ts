import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createLeaseActivities } from '../../activities/lease/lease-activities.ts';
import { createVerifyRestore } from '../../activities/restore/verify-restore.ts';
import { stepError } from '../../activities/step-error.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { fakeEtcd, noHosts, putCluster, putStaticPod } from '../support/fake-control-plane.ts';
import { fakeNode, plannedNode, upgradeRef } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const openKube = createOpenKube();

const plan: RestorePlan = {
  cluster: 'lab', clusterUid: 'uid-cluster', upgrade: 'u1', from: 'v1.34.4', to: 'v1.33.13',
  snapshot: { file: '/u1.db', sha256: '', bytes: 1, revision: 1, takenAt: '', etcdVersion: '3.5.24' },
  nodes: [plannedNode('cp1', { roles: ['etcd', 'control-plane'], from: 'v1.34.4', to: 'v1.33.13' })], workers: [plannedNode('w1', { from: 'v1.34.4', to: 'v1.33.13' })],
  unasked: [], written: [], writtenUnknown: null,
};

/** The cluster as the snapshot brought it back: at v1.33.13, with the lock of the upgrade that took it. */
async function restored(context: TestContext): Promise<FakeApi> {
  const api = await startFakeApi();
  context.after(() => api.stop());
  putCluster(api, ['cp1', 'w1', 'w2'], 'v1.33.13');
  await runActivity(createLeaseActivities({ openKube, now: Date.now }).acquireLease, { upgrade: upgradeRef(api), by: 'ann' }).result;
  return api;
}

/** An etcd that is whole; each time it is asked, the kubelets of these nodes have renewed their Leases. */
function withKubelets(api: FakeApi, names: readonly string[]): () => Promise<EtcdObservation> {
  let at = Date.UTC(2026, 10, 21, 12);
  const renew = (): void => {
    at += 10_000;
    for (const name of names) api.put('leases', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime: new Date(at).toISOString() } });
  };
  renew();
  return async () => {
    renew();
    return fakeEtcd(['cp1']);
  };
}

function verifyRestore(etcd: () => Promise<EtcdObservation>, timeoutMs = 0) {
  return createVerifyRestore({ openKube, openHosts: noHosts, readEtcd: etcd, now: Date.now, timeoutMs });
}

test('what the snapshot brought back of ours is given back: the lock, cordons and taints, and no person\'s cordon', async (context) => {
  const api = await restored(context);
  api.put('nodes', fakeNode('w1', { version: 'v1.33.13', unschedulable: true, annotations: { 'capstan.dev/cordoned-by': 'upgrade/lab#u1/default' } }));
  api.put('nodes', fakeNode('w2', { version: 'v1.33.13', unschedulable: true }));

  const result = await runActivity(verifyRestore(withKubelets(api, ['cp1', 'w1']), 60_000), { upgrade: upgradeRef(api), plan }).result;

  assert.match(result.note, /2 nodes verified at v1\.33\.13; 1 node released, cluster unlocked/);
  const nodes = await (await openKube(upgradeRef(api).access)).listNodes();
  assert.deepEqual(nodes.filter(({ spec }) => spec.unschedulable === true).map(({ metadata }) => metadata.name), ['w2']);
  assert.equal(await (await openKube(upgradeRef(api).access)).getLease('kube-system', 'capstan-upgrade'), null);
});

test('all that is not yet as it was is named, and the lock stays', async (context) => {
  const api = await restored(context);
  putStaticPod(api, 'kube-scheduler', 'cp1', 'v1.34.4');
  putStaticPod(api, 'kube-apiserver', 'cp1', 'v1.33.13', false);
  api.update('configmaps', 'kubeadm-config', (map) => ({ ...map, data: { ClusterConfiguration: 'kubernetesVersion: v1.34.4' } }));
  api.put('nodes', fakeNode('w1', { version: 'v1.34.4', ready: 'False' }));
  const etcd = fakeEtcd(['cp1']);

  const failed = await failureOf(runActivity(verifyRestore(() => Promise.resolve({ ...etcd, members: etcd.members.map((member) => ({ ...member, healthy: false })) })), { upgrade: upgradeRef(api), plan }).result);

  assert.equal(failed.type, 'GateTimeout');
  const said = [/kube-scheduler of node cp1 is at v1\.34\.4/, /kube-apiserver of node cp1 is not Ready/, /kubeadm-config says v1\.34\.4/, /kubelet of node w1 is at v1\.34\.4/, /w1 is not Ready/, /etcd member cp1 is not healthy/];
  for (const pattern of said) assert.match(failed.message, pattern);
  assert.notEqual(await (await openKube(upgradeRef(api).access)).getLease('kube-system', 'capstan-upgrade'), null);
});

test('an etcd that does not answer yet is waited for', async (context) => {
  const api = await restored(context);
  const answers = withKubelets(api, ['cp1', 'w1']);
  let asked = 0;
  const etcd = async (): Promise<EtcdObservation> => {
    const answer = await answers();
    asked += 1;
    if (asked < 4) throw stepError('Unexpected', 'No etcd member could be asked');
    return answer;
  };
  await runActivity(verifyRestore(etcd, 60_000), { upgrade: upgradeRef(api), plan }).result;
  assert.equal(asked, 4);
});

test('a node that the snapshot calls Ready, and whose kubelet has not reported since, is waited for', async (context) => {
  const api = await restored(context);
  const failed = await failureOf(runActivity(verifyRestore(withKubelets(api, ['cp1']), 3_000), { upgrade: upgradeRef(api), plan }).result);
  assert.match(failed.message, /the kubelet of node w1 has not reported since/);
  assert.doesNotMatch(failed.message, /kubelet of node cp1/);
});

test('an API of another cluster is never taken for the restored one', async (context) => {
  const api = await restored(context);
  const failed = await failureOf(runActivity(verifyRestore(withKubelets(api, ['cp1', 'w1'])), { upgrade: upgradeRef(api), plan: { ...plan, clusterUid: 'other' } }).result);
  assert.match(failed.message, /the API serves the cluster uid-cluster, not other/);
});
