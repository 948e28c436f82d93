import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClusterModel } from '../../../simulator/api/cluster-model.ts';
import type { SimulatedCluster } from '../../../simulator/api/cluster-model.ts';
import { budgetOf, isReadyPod, nodeOf, ownerOf, podOf, workloadOf } from '../../../simulator/api/kinds.ts';
import type { Pod } from '../../../simulator/api/kinds.ts';
import { createScaledClock, createVirtualClock } from '../../../simulator/clock.ts';
import type { VirtualClock } from '../../../simulator/clock.ts';
import { createJournal } from '../../../simulator/journal.ts';
import type { ApiObject } from '../../../simulator/model.ts';
import { CONTROL_PLANE_TAINT } from '../../../simulator/description.ts';
import type { NodeDescription } from '../../../simulator/description.ts';
import { until } from '../../support/until.ts';
import { budget, describeCluster, worker, workers, workload } from './describe.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

function clusterOf(nodes: readonly NodeDescription[], objects: readonly ApiObject[], seed = 1): { readonly clock: VirtualClock; readonly cluster: SimulatedCluster } {
  const clock = createVirtualClock(START_MS);
  return { clock, cluster: createClusterModel({ description: describeCluster(nodes, objects), clock, seed, heartbeats: false }) };
}

function podsOf(cluster: SimulatedCluster, app: string): readonly Pod[] {
  return cluster.store.list('pods').map(podOf).filter((pod) => pod.metadata.labels?.['app'] === app);
}

function cordon(cluster: SimulatedCluster, node: string, unschedulable: boolean): void {
  cluster.store.update('nodes', null, node, (object) => ({ ...object, spec: { ...(object['spec'] as object), unschedulable } }));
}

function taint(cluster: SimulatedCluster, node: string, effect: string): void {
  cluster.store.update('nodes', null, node, (object) => ({ ...object, spec: { taints: [{ key: 'capstan.dev/test', effect }] } }));
}

/** Evicts whatever a controller other than a DaemonSet has on a node, until nothing of it is left. */
async function drain(cluster: SimulatedCluster, clock: VirtualClock, node: string): Promise<void> {
  cordon(cluster, node, true);
  for (;;) {
    const staying = cluster.index.onNode(node).filter((pod) => ['ReplicaSet', 'StatefulSet', 'Job'].includes(ownerOf(pod)?.kind ?? ''));
    if (staying.length === 0) return;
    for (const pod of staying) if (pod.metadata.deletionTimestamp === undefined) cluster.evict({ namespace: pod.metadata.namespace ?? '', name: pod.metadata.name }, null);
    await clock.sleep(500);
  }
}

test('a control-plane node takes workloads where it has no taint, and none where it has kubeadm\'s', () => {
  const placed = (change: Partial<NodeDescription>): readonly (string | undefined)[] =>
    podsOf(clusterOf([worker('cp1', null, { role: 'control-plane', ...change })], [workload('web', { replicas: 1 })]).cluster, 'web').map((pod) => pod.spec.nodeName);
  assert.deepEqual(placed({}), ['cp1']);
  assert.deepEqual(placed({ taints: [CONTROL_PLANE_TAINT] }), [undefined]);
});

describe('a simulated cluster', { timeout: 60_000 }, () => {
  test('it begins at rest: everything that is described runs and is Ready', () => {
    const { cluster } = clusterOf(workers(3), [workload('web', { replicas: 5 }), workload('db', { kind: 'StatefulSet' }), workload('agent', { kind: 'DaemonSet' }), workload('once', { kind: 'Job' }), budget('web', { minAvailable: '50%' })]);
    assert.ok(cluster.store.list('pods').map(podOf).every(isReadyPod));
    assert.deepEqual(['web', 'db', 'agent', 'once'].map((app) => podsOf(cluster, app).length), [5, 3, 3, 1]);
    assert.deepEqual(podsOf(cluster, 'db').map((pod) => pod.metadata.name).toSorted(), ['db-0', 'db-1', 'db-2']);
    const status = budgetOf(cluster.store.get('poddisruptionbudgets', 'default', 'web') ?? assert.fail()).status;
    assert.deepEqual([status?.expectedPods, status?.desiredHealthy, status?.currentHealthy, status?.disruptionsAllowed], [5, 3, 5, 2]);
    // Ordinary pods keep away from the control plane; its static pods and kube-proxy are there.
    assert.ok(cluster.index.onNode('cp1').every((pod) => pod.metadata.namespace === 'kube-system'));
    assert.equal(cluster.index.onNode('cp1').filter((pod) => pod.metadata.labels?.['tier'] === 'control-plane').length, 4);
  });

  test('a drained node is empty, its pods are Ready elsewhere, and the budget was kept at every moment', async () => {
    const { cluster, clock } = clusterOf(workers(4), [workload('web', { replicas: 6 }), budget('web', { maxUnavailable: 1 }), workload('db', { kind: 'StatefulSet' })]);
    let fewest = Number.POSITIVE_INFINITY;
    cluster.store.subscribe(({ resource }) => {
      if (resource === 'pods') fewest = Math.min(fewest, podsOf(cluster, 'web').filter((pod) => isReadyPod(pod) && pod.metadata.deletionTimestamp === undefined).length);
    });
    await clock.run(async () => {
      for (const node of ['w1', 'w2']) {
        await drain(cluster, clock, node);
        cordon(cluster, node, false);
      }
      await clock.sleep(30_000);
    });
    assert.equal(fewest, 5);
    assert.ok(podsOf(cluster, 'web').length === 6 && podsOf(cluster, 'web').every(isReadyPod));
    assert.deepEqual(podsOf(cluster, 'db').map((pod) => pod.metadata.name).toSorted(), ['db-0', 'db-1', 'db-2']);
    assert.ok(cluster.evictions.every(({ node }) => node === 'w1' || node === 'w2'));
  });

  test('a pod of a StatefulSet comes back under its name only when the old one is gone', async () => {
    const { cluster, clock } = clusterOf(workers(3), [workload('db', { kind: 'StatefulSet' })]);
    const old = podsOf(cluster, 'db').find((pod) => pod.metadata.name === 'db-1') ?? assert.fail();
    let both = false;
    cluster.store.subscribe(({ resource, type, object }) => {
      if (resource === 'pods' && type === 'ADDED' && object.metadata.name === 'db-1') both = cluster.store.list('pods').some((pod) => pod.metadata.uid === old.metadata.uid);
    });
    await clock.run(async () => {
      assert.equal(cluster.evict({ namespace: 'default', name: 'db-1' }, null).kind, 'evicted');
      await clock.sleep(20_000);
    });
    const present = podsOf(cluster, 'db').find((pod) => pod.metadata.name === 'db-1') ?? assert.fail();
    assert.notEqual(present.metadata.uid, old.metadata.uid);
    assert.deepEqual([both, isReadyPod(present)], [false, true]);
  });

  test('a budget allows again once an evicted pod is Ready anew, however soon it came back under its name', async () => {
    const { cluster, clock } = clusterOf(workers(3), [workload('db', { kind: 'StatefulSet' }), budget('db', { maxUnavailable: 1 })]);
    await clock.run(async () => {
      for (const name of ['db-0', 'db-1', 'db-2']) {
        assert.equal(cluster.evict({ namespace: 'default', name }, 0).kind, 'evicted', name);
        await clock.sleep(20_000);
        assert.ok(podsOf(cluster, 'db').length === 3 && podsOf(cluster, 'db').every(isReadyPod));
      }
    });
  });

  test('an eviction that did not come about is believed in for two minutes of the twin, however fast it runs', async () => {
    const clock = createScaledClock(600);
    const cluster = createClusterModel({ description: describeCluster(workers(2), [workload('web', { replicas: 2 }), budget('web', { maxUnavailable: 1 })]), clock, seed: 1, heartbeats: false });
    try {
      const allowed = (): number | undefined => budgetOf(cluster.store.get('poddisruptionbudgets', 'default', 'web') ?? assert.fail()).status?.disruptionsAllowed;
      const [pod] = podsOf(cluster, 'web');
      cluster.store.update('poddisruptionbudgets', 'default', 'web', (object) => ({ ...object, status: { ...budgetOf(object).status, disruptedPods: { [pod?.metadata.name ?? '']: new Date().toISOString() } } }));
      cluster.store.update('pods', 'default', pod?.metadata.name ?? '', (object) => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, touched: 'yes' } } }));
      await until('the budget counts the pod as disrupted', () => allowed() === 0);
      await until('the budget counts it as healthy again', () => allowed() === 1);
    } finally {
      cluster.stop();
      clock.stop();
    }
  });

  test('a soft taint turns pods away while there is another node, and a hard one always', async () => {
    const { cluster, clock } = clusterOf([worker('w1'), worker('w2'), worker('w3')], []);
    await clock.run(async () => {
      taint(cluster, 'w1', 'PreferNoSchedule');
      taint(cluster, 'w2', 'NoSchedule');
      cluster.store.put('deployments', workload('web', { replicas: 8 }));
      await clock.sleep(20_000);
      assert.deepEqual([...new Set(podsOf(cluster, 'web').map((pod) => pod.spec.nodeName))], ['w3']);
      cordon(cluster, 'w3', true);
      for (const pod of podsOf(cluster, 'web')) cluster.evict({ namespace: 'default', name: pod.metadata.name }, 0);
      await clock.sleep(20_000);
      assert.deepEqual([...new Set(podsOf(cluster, 'web').map((pod) => pod.spec.nodeName))], ['w1']);
    });
  });

  test('a pod with nowhere to go says why, and goes when there is room', async () => {
    const { cluster, clock } = clusterOf(workers(2), []);
    await clock.run(async () => {
      cordon(cluster, 'w1', true);
      cluster.store.put('deployments', workload('big', { replicas: 2, cpu: '3' }));
      await clock.sleep(10_000);
      const [waiting] = podsOf(cluster, 'big').filter((pod) => pod.spec.nodeName === undefined);
      const condition = waiting?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
      assert.equal(condition?.reason, 'Unschedulable');
      assert.equal(condition?.message, '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable.');
      assert.equal(cluster.store.list('events').filter((event) => event['reason'] === 'FailedScheduling').length, 1);
      cordon(cluster, 'w1', false);
      await clock.sleep(20_000);
      assert.deepEqual(podsOf(cluster, 'big').map((pod) => pod.spec.nodeName ?? '').toSorted(), ['w1', 'w2']);
    });
  });

  test('required anti-affinity and zone spread keep pods apart', () => {
    const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: 'apart' } }, topologyKey: 'kubernetes.io/hostname' }] } };
    const spread = [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'even' } } }];
    const { cluster } = clusterOf(workers(6), [workload('apart', { replicas: 6, spec: { affinity: apart } }), workload('even', { replicas: 6, spec: { topologySpreadConstraints: spread } })]);
    assert.equal(new Set(podsOf(cluster, 'apart').map((pod) => pod.spec.nodeName)).size, 6);
    const zones = podsOf(cluster, 'even').map((pod) => Number(pod.spec.nodeName?.slice(1)) % 3);
    assert.deepEqual([0, 1, 2].map((zone) => zones.filter((each) => each === zone).length), [2, 2, 2]);
  });

  test('a silent kubelet makes its node Unknown after its grace, and its pods come elsewhere after theirs', async () => {
    const { cluster, clock } = clusterOf(workers(2), [workload('web', { replicas: 4 })]);
    const readyOf = (name: string): string | undefined => nodeOf(cluster.store.get('nodes', null, name) ?? assert.fail()).status.conditions?.find(({ type }) => type === 'Ready')?.status;
    await clock.run(async () => {
      cluster.kubelets.stop('w1');
      await clock.sleep(45_000);
      assert.equal(readyOf('w1'), 'True');
      await clock.sleep(10_000);
      assert.equal(readyOf('w1'), 'Unknown');
      await clock.sleep(310_000);
      assert.equal(podsOf(cluster, 'web').filter((pod) => pod.spec.nodeName === 'w2' && isReadyPod(pod)).length, 4);
      cluster.kubelets.start('w1', 'v1.34.4');
      await clock.sleep(60_000);
      assert.equal(readyOf('w1'), 'True');
      assert.equal(podsOf(cluster, 'web').length, 4);
    });
  });

  test('a pod whose kubelet went silent before it started is started when the kubelet is back', async () => {
    const { cluster, clock } = clusterOf(workers(1), []);
    await clock.run(async () => {
      cluster.store.put('deployments', workload('web', { replicas: 1, spec: { tolerations: [{ operator: 'Exists' }] } }));
      await clock.sleep(500);
      assert.deepEqual(podsOf(cluster, 'web').map((pod) => [pod.spec.nodeName, pod.status?.phase]), [['w1', 'Pending']]);
      cluster.kubelets.stop('w1');
      await clock.sleep(60_000);
      cluster.kubelets.start('w1', 'v1.33.13');
      await clock.sleep(60_000);
      assert.ok(podsOf(cluster, 'web').every(isReadyPod));
    });
  });

  test('a pod that waits for room is placed when another has ended, though it is still there', async () => {
    const { cluster, clock } = clusterOf(workers(1), [workload('first', { replicas: 1, cpu: '3' })]);
    await clock.run(async () => {
      cluster.store.put('deployments', workload('second', { replicas: 1, cpu: '3' }));
      await clock.sleep(10_000);
      assert.deepEqual(podsOf(cluster, 'second').map((pod) => pod.spec.nodeName), [undefined]);
      const [first] = podsOf(cluster, 'first');
      cluster.store.put('deployments', workload('first', { replicas: 0, cpu: '3' }));
      cluster.store.update('pods', 'default', first?.metadata.name ?? '', (object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [] }, status: { phase: 'Succeeded' } }));
      await clock.sleep(10_000);
      assert.deepEqual(podsOf(cluster, 'second').map((pod) => pod.spec.nodeName), ['w1']);
    });
  });

  test('a new image of kube-proxy is rolled out one node at a time, and of CoreDNS within its limits', async () => {
    const { cluster, clock } = clusterOf(workers(5), []);
    const proxies = (): readonly Pod[] => cluster.store.list('pods').map(podOf).filter((pod) => pod.metadata.labels?.['k8s-app'] === 'kube-proxy');
    let fewest = Number.POSITIVE_INFINITY;
    await clock.run(async () => {
      cluster.store.subscribe(() => { fewest = Math.min(fewest, proxies().filter((pod) => isReadyPod(pod) && pod.metadata.deletionTimestamp === undefined).length); });
      for (const [resource, name] of [['daemonsets', 'kube-proxy'], ['deployments', 'coredns']] as const) {
        cluster.store.update(resource, 'kube-system', name, (object) => {
          const { spec } = workloadOf(object);
          return { ...object, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers: spec.template.spec.containers.map((container) => ({ ...container, image: 'new:2' })) } } } };
        });
      }
      await clock.sleep(120_000);
    });
    assert.equal(fewest, 5);
    assert.ok(proxies().every((pod) => isReadyPod(pod) && pod.spec.containers[0]?.image === 'new:2'));
    const status = workloadOf(cluster.store.get('daemonsets', 'kube-system', 'kube-proxy') ?? assert.fail()).status;
    assert.deepEqual([status?.['updatedNumberScheduled'], status?.['numberReady'], status?.['observedGeneration']], [6, 6, 2]);
    const dns = workloadOf(cluster.store.get('deployments', 'kube-system', 'coredns') ?? assert.fail()).status;
    assert.deepEqual([dns?.['updatedReplicas'], dns?.['readyReplicas'], dns?.['replicas']], [2, 2, 2]);
  });

  test('one seed makes one history: the same events in the same order', async () => {
    async function history(seed: number): Promise<readonly string[]> {
      const clock = createVirtualClock(START_MS);
      const journal = createJournal();
      const cluster = createClusterModel({ description: describeCluster(workers(4), [workload('web', { replicas: 6 }), budget('web', { maxUnavailable: 2 })]), clock, seed, journal, heartbeats: false });
      const seen: string[] = [];
      cluster.store.subscribe(({ type, resource, object }) => seen.push(`${clock.now()} ${type} ${resource} ${object.metadata.name} ${object.metadata.uid ?? ''}`));
      await clock.run(async () => {
        await drain(cluster, clock, 'w1');
        cluster.kubelets.stop('w1');
        cluster.kubelets.start('w1', 'v1.34.4');
        await clock.sleep(20_000);
        cordon(cluster, 'w1', false);
      });
      assert.deepEqual(journal.of('w1').map(({ effect }) => effect), ['cordoned', 'ready', 'uncordoned']);
      return seen;
    }
    assert.deepEqual(await history(7), await history(7));
    assert.notDeepEqual(await history(7), await history(8));
  });

  test('three hundred nodes with nine thousand pods begin at rest as well', () => {
    const { cluster } = clusterOf(workers(300), Array.from({ length: 900 }, (_, at) => workload(`a${at}`, { replicas: 10, namespace: `team-${at % 30}` })));
    assert.equal(cluster.store.list('pods').map(podOf).filter((pod) => pod.metadata.labels?.['app'] !== undefined && isReadyPod(pod)).length, 9_000);
  });
});
