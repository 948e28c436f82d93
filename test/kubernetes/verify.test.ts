import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createVerifyCluster } from '../../activities/verify/verify-cluster.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import { spec } from '../domain/cluster.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { fakeEtcd, noHosts, putCluster, putStaticPod } from '../support/fake-control-plane.ts';
import { fakeNode, plannedNode, upgradeRef } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

let etcd: EtcdObservation = fakeEtcd(['cp1']);
const verifyCluster = createVerifyCluster({ openKube: createOpenKube(), openHosts: noHosts, readEtcd: () => Promise.resolve(etcd), now: Date.now, timeoutMs: 0 });

const plan: UpgradePlan = {
  cluster: 'lab', clusterUid: 'uid-cluster', driver: 'kubeadm', from: 'v1.33.13', to: 'v1.34.4', hops: [{ from: 'v1.33.13', to: 'v1.34.4' }], phases: [],
  nodes: [plannedNode('cp1', { roles: ['etcd', 'control-plane'] }), plannedNode('w1'), plannedNode('w2')],
  etcd: { kind: 'stacked', members: 1, outage: true }, changes: true, notes: [], imageRepository: null, spec: executedSpec(spec()), files: [], hash: '',
};

test('verification holds where API and etcd say what the plan said', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'w1', 'w2'], 'v1.34.4');
    const result = await runActivity(verifyCluster, { upgrade: upgradeRef(api), plan, skipped: [] }).result;
    assert.match(result.note, /3 nodes verified at v1\.34\.4/);
  } finally {
    await api.stop();
  }
});

test('a node that went back is to be at the version of before, Ready and with nothing of ours', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'w1', 'w2'], 'v1.34.4');
    api.put('nodes', fakeNode('w1', { version: 'v1.33.13' }));
    await runActivity(verifyCluster, { upgrade: upgradeRef(api), plan, skipped: [], rolledBack: ['w1'] }).result;
    const failed = await failureOf(runActivity(verifyCluster, { upgrade: upgradeRef(api), plan, skipped: [], rolledBack: ['w1', 'w2'] }).result);
    assert.match(failed.message, /the kubelet of node w2 is at v1\.34\.4, not v1\.33\.13/);
  } finally {
    await api.stop();
  }
});

test('all that differs is named at once; a skipped node may be behind but may carry nothing of ours', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'w1', 'w2'], 'v1.34.4');
    putStaticPod(api, 'kube-scheduler', 'cp1', 'v1.33.13');
    putStaticPod(api, 'kube-apiserver', 'cp1', 'v1.34.4', false);
    api.update('configmaps', 'kubeadm-config', (map) => ({ ...map, data: { ClusterConfiguration: 'kubernetesVersion: v1.33.13' } }));
    api.put('nodes', fakeNode('w1', { version: 'v1.33.13', ready: 'False' }));
    api.put('nodes', fakeNode('w2', { version: 'v1.33.13', unschedulable: true, annotations: { 'capstan.dev/cordoned-by': 'upgrade/lab#u1' } }));
    etcd = { ...fakeEtcd(['cp1']), alarms: ['NOSPACE'] };
    const failed = await failureOf(runActivity(verifyCluster, { upgrade: upgradeRef(api), plan, skipped: ['w2'] }).result);
    assert.equal(failed.type, 'GateTimeout');
    const said = [/kube-scheduler of node cp1 is at v1\.33\.13/, /kube-apiserver of node cp1 is not Ready/, /kubeadm-config says v1\.33\.13/, /kubelet of node w1 is at v1\.33\.13/, /w1 is not Ready/, /w2 still carries our mark .* and is cordoned/, /NOSPACE/];
    for (const pattern of said) assert.match(failed.message, pattern);
    assert.doesNotMatch(failed.message, /kubelet of node w2/);
  } finally {
    etcd = fakeEtcd(['cp1']);
    await api.stop();
  }
});
