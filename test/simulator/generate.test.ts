import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import { requireMemory } from '../../simulator/memory.ts';
import type { ApiObject } from '../../simulator/model.ts';

const cluster = (workers: number, podsPerNode: number, seed = 7) => generateCluster({ name: 'twin', seed, workers, podsPerNode });

describe('a generated cluster', () => {
  test('is the same for the same seed, and another for another', () => {
    assert.deepEqual(cluster(12, 6), cluster(12, 6));
    assert.notDeepEqual(cluster(12, 6).objects, cluster(12, 6, 8).objects);
    assert.notEqual(cluster(12, 6).clusterUid, cluster(12, 6, 8).clusterUid);
  });

  test('spreads its nodes over three zones and keeps its control plane for itself', () => {
    const { nodes } = cluster(12, 6);
    assert.equal(nodes.length, 15);
    for (const zone of ['z1', 'z2', 'z3']) assert.equal(nodes.filter((node) => node.zone === zone).length, 5);
    for (const node of nodes) assert.deepEqual(node.taints.map(({ effect }) => effect), node.role === 'control-plane' ? ['NoSchedule'] : []);
  });

  test('names its nodes so that they sort as people count', () => {
    const names = cluster(120, 1).nodes.map(({ name }) => name);
    assert.deepEqual(names, names.toSorted());
  });

  test('has as many pods for each worker as asked', () => {
    const { objects } = cluster(100, 30);
    const pods = objects.reduce((sum, object) => sum + (object.kind === 'Job' ? 1 : replicas(object)), 0);
    assert.ok(Math.abs(pods - 3_000) <= 3, String(pods));
  });

  test('fits on half of its nodes', () => {
    for (const [workers, podsPerNode] of [[12, 6], [100, 30], [17, 8], [2, 1]] as const) {
      const { nodes, objects } = cluster(workers, podsPerNode);
      const asked = objects.reduce((sum, object) => sum + (replicas(object) === 0 ? 0 : replicas(object) * cpuOf(object)), 0);
      const offered = nodes.filter(({ role }) => role === 'worker').reduce((sum, node) => sum + node.allocatable.cpuMillis, 0);
      assert.ok(asked <= offered * 0.6, `${workers} workers: ${asked} of ${offered}`);
    }
  });

  test('has Deployments of two to six replicas, a StatefulSet, a DaemonSet, a Job, and a budget that allows a drain wherever there is one', () => {
    const { objects } = cluster(12, 6);
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'PodDisruptionBudget']) assert.ok(objects.some((object) => object.kind === kind), kind);
    for (const budget of objects.filter(({ kind }) => kind === 'PodDisruptionBudget')) {
      const owner = objects.find(({ kind, metadata }) => (kind === 'Deployment' || kind === 'StatefulSet') && metadata.name === budget.metadata.name && metadata.namespace === budget.metadata.namespace);
      assert.ok(owner !== undefined && replicas(owner) >= 2, budget.metadata.name);
    }
  });
});

describe('a twin that memory does not allow', () => {
  test('is refused with the number of nodes that would fit', () => {
    assert.throws(() => requireMemory(cluster(5_000, 30), 512 * 1024), /A twin of 5,003 nodes .* \d+ nodes are allowed\.\nNext: take \d+ nodes or fewer/);
    assert.throws(() => requireMemory(cluster(1, 1), 1024), /0 nodes are allowed/);
  });

  test('is allowed where there is room', () => {
    requireMemory(cluster(5_000, 30), 8 * 1024 * 1024);
    requireMemory(cluster(12, 6));
  });
});

function replicas(object: ApiObject): number {
  return object.kind === 'Deployment' || object.kind === 'StatefulSet' ? Number(at(object, 'spec', 'replicas')) : 0;
}

function cpuOf(object: ApiObject): number {
  return Number.parseInt(String(at(object, 'spec', 'template', 'spec', 'containers', 0, 'resources', 'requests', 'cpu')), 10);
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined), value);
}
