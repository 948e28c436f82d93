import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readDump } from '../../activities/dump/read-dump.ts';
import { createDescribeCluster } from '../../activities/dump/describe-cluster.ts';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createObserveCluster } from '../../activities/observe/observe-cluster.ts';
import type { ClusterDescription } from '../../simulator/description.ts';
import { generateCluster } from '../../simulator/generate.ts';
import type { ApiObject } from '../../simulator/model.ts';
import { listsOf } from '../../simulator/rehearse/dump-source.ts';
import type { DumpedObject } from '../../simulator/rehearse/dump-files.ts';
import { rehearseCluster, rehearseDrains } from '../../simulator/rehearse/main.ts';
import type { RehearsalReport } from '../../simulator/rehearse/main.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { fakeEtcd, noHosts } from '../support/fake-control-plane.ts';
import { runActivity } from '../support/run-activity.ts';
import { dumpOfTwin, objectsOfTwin, rehearsalOf, specOf } from './dump-of-twin.ts';

const SMALL = generateCluster({ name: 'small', seed: 7, workers: 6, podsPerNode: 5 });

async function rehearse(description: ClusterDescription, options: { readonly maxUnavailable?: number | string; readonly seed?: number; readonly runs?: number; readonly drainSeconds?: number } = {}): Promise<RehearsalReport> {
  const { maxUnavailable, drainSeconds, ...rest } = options;
  const source = await rehearsalOf(description, specOf(description, { ...(maxUnavailable === undefined ? {} : { maxUnavailable }), ...(drainSeconds === undefined ? {} : { drainSeconds }) }));
  return rehearseCluster({ ...source, source: 'dump', runs: 3, ...rest });
}

test('a rehearsal upgrades every node of the plan in the engine\'s order, and never has more down than the pool allows', async () => {
  const report = await rehearse(SMALL, { maxUnavailable: 2 });
  assert.equal(report.outcome, 'done');
  assert.deepEqual(report.nodes.slice(0, 3).map(({ name }) => name), ['cp1', 'cp2', 'cp3']);
  assert.deepEqual(report.nodes.map(({ name }) => name).toSorted(), ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6']);
  const of = new Map(report.unavailable.nodes.map(({ pool, zone, most }) => [`${pool} ${zone ?? ''}`.trim(), most]));
  assert.equal(of.get('default'), 2);
  assert.equal(of.get('control-plane'), 1);
  assert.ok(report.finish.p50Seconds > 0 && report.finish.p50Seconds <= report.finish.p90Seconds);
  assert.ok(report.evictions.pods > 0 && report.evictions.perPod < 1.7, JSON.stringify(report.evictions));
});

test('the same seed gives the same report, and another one other times', async () => {
  const [one, again, other] = await Promise.all([rehearse(SMALL), rehearse(SMALL), rehearse(SMALL, { seed: 2 })]);
  assert.deepEqual(again, one);
  assert.notDeepEqual(other.finish, one.finish);
});

test('a budget that lets no pod go is said first, by name, for the nodes that it holds', async () => {
  const stuck = withObjects(SMALL, [
    deployment('shop', 'stuck', 2, {}),
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'stuck', namespace: 'shop' }, spec: { minAvailable: 2, selector: { matchLabels: { app: 'stuck' } } } },
  ]);
  const report = await rehearse(stuck, { drainSeconds: 120 });
  assert.equal(report.outcome, 'held');
  assert.ok(report.held.length > 0);
  for (const drain of report.held) assert.deepEqual([drain.budget, drain.workloads], ['shop/stuck', ['shop/stuck']]);
  assert.match(report.held[0]?.reason ?? '', /needs 2 healthy pods and has 2/);
  assert.ok(report.notes.some((note) => note.includes('capstan skip')));
});

test('one run says at once which drains would not end: one worker, and a budget that never allows', async () => {
  const alone = withObjects(generateCluster({ name: 'alone', seed: 3, workers: 1, podsPerNode: 1 }), [
    deployment('shop', 'only', 1, {}),
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'only', namespace: 'shop' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'only' } } } },
  ]);
  const drains = await rehearseDrains(await rehearsalOf(alone, specOf(alone)));
  assert.deepEqual(drains.map(({ node, budget, workloads }) => ({ node, budget, workloads })), [{ node: 'w1', budget: 'shop/only', workloads: ['shop/only'] }]);
});

test('a pod without a controller is refused before anything is evicted, and said with the key that allows it', async () => {
  const bare: ApiObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lonely', namespace: 'shop' }, spec: { nodeName: 'w2', containers: [{ name: 'main' }] }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
  const report = await rehearse(withObjects(SMALL, [bare]));
  assert.deepEqual(report.held.map(({ node, budget }) => ({ node, budget })), [{ node: 'w2', budget: null }]);
  assert.match(report.held[0]?.reason ?? '', /shop\/lonely: no controller would bring it back \(spec\.pools\[default\]\.drain\.deleteBarePods allows it\)/);
});

test('a pod that only one node takes waits for that node, with the scheduler\'s reason', async () => {
  const report = await rehearse(withObjects(SMALL, [deployment('shop', 'pinned', 1, { nodeSelector: { 'kubernetes.io/hostname': 'w3' } })]));
  const pending = report.pending.find(({ workload }) => workload === 'shop/pinned');
  assert.ok(pending !== undefined && pending.worstSeconds !== null && pending.worstSeconds > 5, JSON.stringify(report.pending));
  assert.match(pending.reason, /nodes are available: .*were unschedulable/);
  assert.equal(report.unavailable.replicas.find(({ workload }) => workload === 'shop/pinned')?.most, 1);
});

test('a dump carries no environment, annotation, command or image, and stays small', async () => {
  const secret = 's3cr3t-value';
  const leaky = withObjects(SMALL, [{
    ...deployment('shop', 'leaky', 2, { containers: [{ name: 'main', image: `registry.example/${secret}:1`, command: [secret], env: [{ name: 'PASSWORD', value: secret }] }] }),
    metadata: { name: 'leaky', namespace: 'shop', annotations: { note: secret } },
  }]);
  const { dump } = await rehearsalOf(leaky, specOf(leaky));
  assert.ok(dump.workloads.some(({ name }) => name === 'leaky'));
  assert.ok(!JSON.stringify(dump).includes(secret));
  const hundred = generateCluster({ name: 'hundred', seed: 1, workers: 97, podsPerNode: 30 });
  const large = JSON.stringify((await rehearsalOf(hundred, specOf(hundred))).dump);
  assert.ok(gzipSync(large).length < 32 * 1024, `${gzipSync(large).length} bytes`);
});

test('reading a cluster for a rehearsal only reads, and finds what a dump of the same cluster holds', async () => {
  const objects = objectsOfTwin(SMALL);
  const api = await startFakeApi();
  try {
    for (const [kind, found] of objects) for (const object of found) api.put(pluralOf(kind), asApiObject(object));
    const spec = { ...specOf(SMALL), access: api.access };
    const openKube = createOpenKube();
    const readEtcd = () => Promise.resolve(fakeEtcd(['cp1', 'cp2', 'cp3']));
    const observeCluster = createObserveCluster({ openKube, openHosts: noHosts, readEtcd });
    const dump = await runActivity(createDescribeCluster({ openKube, observeCluster }), { spec }).result;
    assert.deepEqual(api.requests.filter((request) => !request.startsWith('GET ')), []);
    assert.equal(dump.etcdLeader, 'cp1');
    const observation = await observeCluster({ access: api.access, nodes: [] });
    const fromFiles = await readDump(listsOf(objects), { observation, poolKeys: [] });
    assert.deepEqual(dump, fromFiles);

    const sentBefore = api.requests.length;
    const result = planUpgrade(spec, observation);
    assert.ok(result.ok);
    const report = await rehearseCluster({ spec, plan: { ...result.plan, hash: 'hash' }, dump, source: 'cluster', runs: 1 });
    assert.equal(report.nodes.filter(({ roles }) => roles.includes('control-plane')).at(-1)?.name, 'cp1', 'the node that leads etcd comes last');
    assert.equal(api.requests.length, sentBefore, 'the rehearsal itself asks the cluster nothing');
  } finally {
    await api.stop();
  }
});

test('a dump of a twin is what kubectl writes: a List, and two objects', () => {
  assert.deepEqual(Object.keys(dumpOfTwin(SMALL)), ['cluster.json', 'kube-system.json', 'kubeadm-config.json']);
});

function withObjects(description: ClusterDescription, objects: readonly ApiObject[]): ClusterDescription {
  return { ...description, objects: [...description.objects, ...objects] };
}

function deployment(namespace: string, name: string, replicas: number, spec: Readonly<Record<string, unknown>>): ApiObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'main' }], ...spec } } },
  };
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}s`;
}

function asApiObject({ kind, metadata, ...fields }: DumpedObject): Parameters<Awaited<ReturnType<typeof startFakeApi>>['put']>[1] {
  return { apiVersion: 'v1', ...fields, kind, metadata: { ...metadata } };
}

test('a pod whose volume only one node reaches waits for that node, and goes nowhere else', async () => {
  const volume: ApiObject = {
    apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'local-0' },
    spec: { claimRef: { namespace: 'shop', name: 'data-db-0' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['w4'] }] }] } } },
  };
  const database = deployment('shop', 'db', 1, { nodeSelector: { 'kubernetes.io/hostname': 'w4' }, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] });
  const objects = new Map(objectsOfTwin(withObjects(SMALL, [database])));
  // As the API shows it: nothing but the volume says where the pod must be.
  const free = (objects.get('Pod') ?? []).map((pod) => (pod.metadata.name.startsWith('db-') ? withoutSelector(pod) : pod));
  objects.set('Pod', free);
  objects.set('PersistentVolume', [{ ...volume }]);
  const observation = { clusterUid: 'uid', serverVersion: 'v1.33.13', nodes: [], etcd: { kind: 'stacked', members: [], alarms: [] } } as const;
  const dump = await readDump(listsOf(objects), { observation, poolKeys: [] });
  const { spec, plan } = await rehearsalOf(SMALL, specOf(SMALL));
  const report = await rehearseCluster({ spec, plan, dump, source: 'dump', runs: 1 });
  assert.match(report.pending.find(({ workload }) => workload === 'shop/db')?.reason ?? '', /didn't match Pod's node affinity/);
});

function withoutSelector(pod: DumpedObject): DumpedObject {
  const spec = pod['spec'];
  return { ...pod, spec: typeof spec === 'object' && spec !== null ? { ...spec, nodeSelector: {} } : spec };
}

test('with zones, no more nodes of a zone are down than the pool allows there', async () => {
  const wide = generateCluster({ name: 'zones', seed: 2, workers: 9, podsPerNode: 4 });
  const spec = specOf(wide, { maxUnavailable: 4 });
  const [pool] = spec.pools;
  assert.ok(pool !== undefined);
  const source = await rehearsalOf(wide, { ...spec, pools: [{ ...pool, maxUnavailablePerZone: 1 }] });
  const report = await rehearseCluster({ ...source, source: 'dump', runs: 2 });
  const zones = report.unavailable.nodes.filter((entry) => entry.pool === 'default' && entry.zone !== null);
  assert.deepEqual(zones.map(({ most }) => most), [1, 1, 1]);
  assert.equal(report.unavailable.nodes.find((entry) => entry.pool === 'default' && entry.zone === null)?.most, 3);
});
