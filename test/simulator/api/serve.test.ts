import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOpenKube } from '../../../activities/kubernetes/open-kube.ts';
import type { Kube } from '../../../activities/kubernetes/port.ts';
import { isReady } from '../../../activities/nodes/ready.ts';
import { createClusterModel } from '../../../simulator/api/cluster-model.ts';
import type { SimulatedCluster } from '../../../simulator/api/cluster-model.ts';
import { serveApi } from '../../../simulator/api/serve.ts';
import type { ServedApi } from '../../../simulator/api/serve.ts';
import { createScaledClock } from '../../../simulator/clock.ts';
import type { AccessSpec } from '../../../workflows/domain/spec.ts';
import { until } from '../../support/until.ts';
import { budget, describeCluster, workers, workload } from './describe.ts';

describe("the twin's API, through the engine's own client", { timeout: 60_000 }, () => {
  const clock = createScaledClock(20);
  let cluster: SimulatedCluster;
  let api: ServedApi;
  let kube: Kube;
  let folder: string;

  before(async () => {
    const objects = [workload('web', { replicas: 4 }), budget('web', { maxUnavailable: 1 }), workload('db', { kind: 'StatefulSet' }), workload('agent', { kind: 'DaemonSet' })];
    cluster = createClusterModel({ description: describeCluster(workers(4), objects), clock, seed: 1 });
    api = await serveApi(cluster);
    folder = await mkdtemp(join(tmpdir(), 'capstan-twin-api-'));
    const file = join(folder, 'kubeconfig');
    await writeFile(file, api.kubeconfig, { mode: 0o600 });
    const access: AccessSpec = { transport: 'ssh', kubeconfig: { file }, ssh: { user: 'ops', port: 22, privateKey: { file: '/dev/null' }, knownHosts: { file: '/dev/null' }, bastion: null, become: 'sudo' } };
    kube = await createOpenKube({ pollMs: 60_000 })(access);
  });

  after(async () => {
    await api.stop();
    cluster.stop();
    clock.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('it is what the engine reads of a cluster that kubeadm made', async () => {
    assert.equal(await kube.serverVersion(), 'v1.33.13');
    assert.deepEqual(await kube.failingReadyChecks(), []);
    assert.equal(await kube.clusterUid(), '11111111-1111-4111-a111-111111111111');
    const nodes = await kube.listNodes();
    assert.deepEqual(nodes.map((node) => [node.metadata.name, isReady(node), node.status.nodeInfo.kubeletVersion]), ['cp1', 'w1', 'w2', 'w3', 'w4'].map((name) => [name, true, 'v1.33.13']));
    assert.match((await kube.getConfigMap('kube-system', 'kubeadm-config'))?.data?.['ClusterConfiguration'] ?? '', /kubernetesVersion: v1.33.13/);
    assert.equal((await kube.listPods({ namespace: 'kube-system', labels: 'tier=control-plane' })).length, 4);
    assert.equal((await kube.getWorkload('DaemonSet', 'kube-system', 'kube-proxy'))?.status?.numberReady, 5);
    assert.equal((await kube.getWorkload('Deployment', 'default', 'web'))?.status?.readyReplicas, 4);
    assert.deepEqual((await kube.listBudgets()).map(({ status }) => [status?.expectedPods, status?.currentHealthy, status?.desiredHealthy, status?.disruptionsAllowed]), [[4, 4, 3, 1]]);
    assert.ok((await kube.getLease('kube-node-lease', 'w1')) !== null);
  });

  test('an evicted pod is gone after a part of its grace, its budget holds meanwhile, and another comes elsewhere', async () => {
    const followed = kube.follow({ kind: 'pods', namespace: 'default', labels: 'app=web' });
    const budgets = kube.follow({ kind: 'budgets' });
    try {
      await until('pods and budgets', () => followed.items?.length === 4 && budgets.items !== null);
      const [first, second] = followed.items ?? [];
      assert.ok(first !== undefined && second !== undefined);
      const [one, other] = [first, second].map(({ metadata: { name, uid } }) => ({ namespace: 'default', name, uid }));
      assert.ok(one !== undefined && other !== undefined);
      assert.equal((await kube.evict({ namespace: 'default', name: 'db-0', uid: 'another' }, null)).kind, 'gone');
      assert.deepEqual(await kube.evict(one, null), { kind: 'accepted' });
      const refused = await kube.evict(other, null);
      assert.ok(refused.kind === 'protected');
      assert.equal(refused.budget, 'web');
      await until('the evicted pod is gone', () => followed.items?.every((pod) => pod.metadata.uid !== one.uid) === true);
      await until('four pods are Ready', () => followed.items?.length === 4 && followed.items.every(isReady));
      await until('the budget allows one again', () => budgets.items?.[0]?.status?.disruptionsAllowed === 1);
      assert.equal(cluster.evictions.at(-1)?.owner, 'default/web');
    } finally {
      followed.close();
      budgets.close();
    }
  });

  test('a cordon with the version that was read is taken once', async () => {
    const node = await kube.getNode('w1');
    assert.ok(node !== null);
    const change = { resourceVersion: node.metadata.resourceVersion, unschedulable: true, annotations: { 'capstan.dev/cordoned-by': 'me' } };
    assert.equal(await kube.changeNode('w1', change), 'changed');
    assert.equal(await kube.changeNode('w1', change), 'conflict');
    assert.equal(await kube.changeNode('w9', change), 'absent');
    const cordoned = await kube.getNode('w1');
    assert.ok(cordoned !== null);
    assert.equal(cordoned.spec.unschedulable, true);
    assert.equal(await kube.changeNode('w1', { resourceVersion: cordoned.metadata.resourceVersion, unschedulable: false, annotations: { 'capstan.dev/cordoned-by': null } }), 'changed');
    assert.equal((await kube.getNode('w1'))?.spec.unschedulable, undefined);
  });

  test('one Lease for who comes first', async () => {
    const lease = { namespace: 'kube-system', name: 'capstan-upgrade', holder: 'me', acquiredAt: new Date().toISOString(), annotations: {} };
    assert.equal(await kube.createLease(lease), 'created');
    assert.equal(await kube.createLease({ ...lease, holder: 'you' }), 'exists');
    const found = await kube.getLease('kube-system', 'capstan-upgrade');
    assert.equal(found?.spec.holderIdentity, 'me');
    assert.ok(found !== null);
    assert.equal(await kube.deleteLease({ ...found, metadata: { ...found.metadata, uid: 'other' } }), 'conflict');
    assert.equal(await kube.deleteLease(found), 'deleted');
  });

  test('an add-on is applied, rolled out, and not taken from another manager', async () => {
    const applied = { ...workload('cni', { kind: 'DaemonSet', namespace: 'kube-system' }) };
    assert.deepEqual(await kube.apply(applied, 'capstan'), { kind: 'applied' });
    await until('the DaemonSet', () => cluster.store.get('daemonsets', 'kube-system', 'cni') !== null);
    const mine = workload('cni', { kind: 'DaemonSet', namespace: 'kube-system', spec: { hostNetwork: true } });
    assert.deepEqual(await kube.apply(mine, 'capstan'), { kind: 'applied' });
    const theirs = workload('cni', { kind: 'DaemonSet', namespace: 'kube-system', spec: { hostNetwork: false } });
    const refused = await kube.apply(theirs, 'other');
    assert.ok(refused.kind === 'refused');
    assert.match(refused.message, /conflict with "capstan"/);
  });

  test('a restarted kubelet is not Ready, then Ready at its version', async () => {
    const node = kube.follow({ kind: 'node', name: 'w2' });
    try {
      await until('the node', () => node.items !== null);
      cluster.kubelets.stop('w2');
      cluster.kubelets.start('w2', 'v1.34.4');
      await until('not Ready', () => node.items?.[0] !== undefined && !isReady(node.items[0]));
      await until('Ready at the version', () => node.items?.[0] !== undefined && isReady(node.items[0]) && node.items[0].status.nodeInfo.kubeletVersion === 'v1.34.4');
    } finally {
      node.close();
    }
  });

  test('a watch whose events are forgotten is told so and begins anew', async () => {
    const followed = kube.follow({ kind: 'budgets' });
    try {
      await until('one budget', () => followed.items?.length === 1);
      api.compact();
      cluster.store.put('poddisruptionbudgets', budget('late', { minAvailable: 1 }));
      await until('two budgets', () => followed.items?.length === 2);
      cluster.store.remove('poddisruptionbudgets', 'default', 'late');
      await until('one budget again', () => followed.items?.length === 1);
    } finally {
      followed.close();
    }
  });

  test('faults reach whoever asks: a status, a break, and one TLS connection for many requests otherwise', async () => {
    const before = api.connections.opened;
    for (let turn = 0; turn < 20; turn += 1) await kube.getNode('w1');
    assert.ok(api.connections.opened - before <= 1);
    const end = api.intercept(({ path }) => (path === '/api/v1/nodes/w1' ? { kind: 'status', code: 503 } : null));
    await assert.rejects(kube.getNode('w1'), /status 503/);
    end();
    const undo = api.intercept(() => ({ kind: 'cut' }));
    await assert.rejects(kube.getNode('w1'), /did not serve/);
    undo();
    assert.ok((await kube.getNode('w1')) !== null);
    assert.ok((api.requests.get('GET nodes') ?? 0) >= 20);
  });
});
