/** A twin's API that goes back to the objects of a former moment, while what runs on its hosts stays as it is. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createClusterModel } from '../../../simulator/api/cluster-model.ts';
import type { SimulatedCluster } from '../../../simulator/api/cluster-model.ts';
import { conditionOf } from '../../../simulator/api/conditions.ts';
import { isReadyPod, nodeOf, podOf, workloadOf } from '../../../simulator/api/kinds.ts';
import type { Pod } from '../../../simulator/api/kinds.ts';
import { serveApi } from '../../../simulator/api/serve.ts';
import { createVirtualClock } from '../../../simulator/clock.ts';
import type { VirtualClock } from '../../../simulator/clock.ts';
import type { ApiObject } from '../../../simulator/model.ts';
import { openSubject } from '../../conformance/api/subject.ts';
import { describeCluster, workers, workload } from './describe.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const LATER = 1_000_000;
/** More lines than there will be: only the watch's end ends the wait. */
const ENDLESS = 100;

function clusterWith(...objects: readonly ApiObject[]): { readonly clock: VirtualClock; readonly cluster: SimulatedCluster } {
  const clock = createVirtualClock(START_MS);
  return { clock, cluster: createClusterModel({ description: describeCluster(workers(3), objects), clock, seed: 1 }) };
}

function pass(clock: VirtualClock, ms: number): Promise<void> {
  return clock.run(() => clock.sleep(ms));
}

function podsOf(cluster: SimulatedCluster, app: string): readonly Pod[] {
  return cluster.store.list('pods').map(podOf).filter((pod) => pod.metadata.labels?.['app'] === app);
}

function uidsOf(pods: readonly ApiObject[]): ReadonlySet<string | undefined> {
  return new Set(pods.map(({ metadata }) => metadata.uid));
}

function readyOf(cluster: SimulatedCluster, node: string): string | undefined {
  return conditionOf(nodeOf(cluster.store.get('nodes', null, node) ?? assert.fail()).status.conditions, 'Ready')?.status;
}

function versionOf(cluster: SimulatedCluster, node: string): string | undefined {
  return nodeOf(cluster.store.get('nodes', null, node) ?? assert.fail()).status.nodeInfo?.kubeletVersion;
}

describe('an API that goes back', { timeout: 60_000 }, () => {
  test('has the very objects of then and no others, and goes on beyond all versions that it has served', () => {
    const { cluster: { store } } = clusterWith(workload('web'));
    const former = store.contents();
    store.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'since' } });
    store.remove('deployments', 'default', 'web');

    store.restore(former, LATER);

    assert.deepEqual(store.contents(), former);
    assert.equal(store.version, LATER);
    store.restore(former, 5);
    assert.equal(store.version, LATER + 1);
    assert.equal(store.since('pods', LATER), null);
  });

  test('what was made since is gone with its pods, what was deleted since runs again, and a scale of then holds', async () => {
    const { cluster, clock } = clusterWith(workload('web', { replicas: 4 }), workload('old', { replicas: 2 }), workload('db', { kind: 'StatefulSet' }));
    const { store } = cluster;
    const former = store.contents();
    store.put('deployments', workload('since', { replicas: 3 }));
    store.remove('deployments', 'default', 'old');
    store.update('deployments', 'default', 'web', (object) => ({ ...object, spec: { ...workloadOf(object).spec, replicas: 1 } }));
    await pass(clock, 120_000);
    assert.deepEqual(['web', 'old', 'since', 'db'].map((app) => podsOf(cluster, app).length), [1, 0, 3, 3]);

    store.restore(former, LATER);
    await pass(clock, 120_000);

    assert.deepEqual(['web', 'old', 'since', 'db'].map((app) => podsOf(cluster, app).length), [4, 2, 0, 3]);
    assert.ok(cluster.store.list('pods').map(podOf).every(isReadyPod));
    assert.equal(store.get('replicasets', 'default', 'since'), null);
  });

  test('a pod that has moved since is started anew where the snapshot has it, and one that has not stays up', async () => {
    const { cluster, clock } = clusterWith(workload('web', { replicas: 3 }));
    const { store } = cluster;
    const former = store.contents();
    const [moved, stays] = podsOf(cluster, 'web');
    assert.ok(moved !== undefined && stays !== undefined);
    cluster.evict({ namespace: 'default', name: moved.metadata.name }, 0);
    await pass(clock, 60_000);
    const unready: string[] = [];
    const stop = store.subscribe(({ resource, object }) => { if (resource === 'pods' && !isReadyPod(podOf(object))) unready.push(object.metadata.uid ?? ''); });

    store.restore(former, LATER);
    await pass(clock, 60_000);
    stop();

    assert.ok(unready.includes(moved.metadata.uid ?? ''));
    assert.equal(unready.includes(stays.metadata.uid ?? ''), false);
    assert.ok(podsOf(cluster, 'web').every(isReadyPod));
    assert.deepEqual(uidsOf(podsOf(cluster, 'web')), uidsOf((former.get('pods') ?? []).filter((pod) => pod.metadata.labels?.['app'] === 'web')));
  });

  test('a pod without a place then finds one again', async () => {
    const { cluster, clock } = clusterWith();
    const { store } = cluster;
    let former = store.contents();
    const stop = store.subscribe(({ resource, type }) => { if (resource === 'pods' && type === 'ADDED') former = store.contents(); });
    store.put('deployments', workload('web', { replicas: 2 }));
    await pass(clock, 60_000);
    stop();

    store.restore(former, LATER);
    assert.deepEqual(podsOf(cluster, 'web').map(({ spec }) => spec.nodeName), [undefined, undefined]);
    await pass(clock, 60_000);

    assert.deepEqual(podsOf(cluster, 'web').map(isReadyPod), [true, true]);
  });

  test('a kubelet that runs reports its own version, Ready and its Lease; one that does not is given up after its grace', async () => {
    const { cluster, clock } = clusterWith();
    const { store, kubelets } = cluster;
    const former = store.contents();
    kubelets.start('w1', 'v1.34.4');
    kubelets.stop('w2');
    await pass(clock, 120_000);
    assert.deepEqual([versionOf(cluster, 'w1'), readyOf(cluster, 'w2')], ['v1.34.4', 'Unknown']);
    const lease = JSON.stringify(former.get('leases')?.find(({ metadata }) => metadata.name === 'w1')?.['spec']);

    store.restore(former, LATER);
    assert.deepEqual([versionOf(cluster, 'w1'), readyOf(cluster, 'w2')], ['v1.33.13', 'True']);
    await pass(clock, 30_000);
    assert.deepEqual([versionOf(cluster, 'w1'), readyOf(cluster, 'w1'), readyOf(cluster, 'w2')], ['v1.34.4', 'True', 'True']);
    assert.notEqual(JSON.stringify(store.get('leases', 'kube-node-lease', 'w1')?.['spec']), lease);
    await pass(clock, 60_000);
    assert.equal(readyOf(cluster, 'w2'), 'Unknown');
  });

  test('pods of a node that was given up meanwhile are Ready again when its kubelet is back', async () => {
    const { cluster, clock } = clusterWith(workload('agent', { kind: 'DaemonSet' }));
    const former = cluster.store.contents();
    cluster.kubelets.stop('w2');
    await pass(clock, 120_000);
    assert.equal(podsOf(cluster, 'agent').filter(isReadyPod).length, 2);

    cluster.store.restore(former, LATER);
    cluster.kubelets.start('w2', 'v1.33.13');
    await pass(clock, 120_000);

    assert.equal(podsOf(cluster, 'agent').filter(isReadyPod).length, 3);
  });

  test('the static pods are those of the manifests on the host', async () => {
    const { cluster, clock } = clusterWith();
    const former = cluster.store.contents();
    cluster.kubelets.setStaticPods('cp1', { etcd: 'registry.k8s.io/etcd:9.9.9-0' });
    await pass(clock, 10_000);

    cluster.store.restore(former, LATER);
    await pass(clock, 60_000);

    assert.deepEqual(cluster.index.onNode('cp1').filter((pod) => pod.metadata.labels?.['tier'] === 'control-plane').map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image, isReadyPod(pod)]), [['etcd-cp1', 'registry.k8s.io/etcd:9.9.9-0', true]]);
  });

  test('a watch that is open ends without a word of it, and cannot go on from before', async (context: TestContext) => {
    const { cluster } = clusterWith();
    const api = await serveApi(cluster);
    const client = await openSubject(api.kubeconfig);
    context.after(async () => { client.close(); await api.stop(); });
    const former = cluster.store.contents();
    const path = `/api/v1/configmaps?watch=true&resourceVersion=${cluster.store.version}`;

    const seen = await client.watch(path, ENDLESS, async () => {
      cluster.store.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'since' } });
      cluster.store.restore(former, LATER);
    });

    assert.deepEqual(seen.map(({ type }) => type), ['ADDED']);
    assert.deepEqual((await client.watch(path, ENDLESS)).map(({ type, object }) => [type, object.code]), [['ERROR', 410]]);
  });
});
