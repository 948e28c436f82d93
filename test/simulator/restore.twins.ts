/** Upgrades of twins that go back as a whole. All that is asserted is the twins' own state, their API and what the worker reads of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradeClient } from '../../client/temporal/port.ts';
import type { ClusterDescription } from '../../simulator/description.ts';
import { generateCluster, GENERATED_TARGET, GENERATED_VERSION } from '../../simulator/generate.ts';
import type { ApiObject } from '../../simulator/model.ts';
import type { Twin } from '../../simulator/twin.ts';
import { confirmedOf } from '../../workflows/domain/restore-confirmed.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { FAST_TIMINGS, specOfTwin } from '../support/twin.ts';
import { until } from '../support/until.ts';
import { endOf, startEngine, upgradeTwin } from './support/engine.ts';
import type { DevEngine } from './support/engine.ts';
import { at, isReady } from './support/watcher.ts';

const LIMIT_MS = 15 * 60_000;
const OPTIONS = { seed: 5, speed: 30, maxUnavailable: 1 } as const;
const LOOK_MS = 200;
const SETTLED_MS = 120_000;
const PACKAGES = ['kubeadm', 'kubelet', 'kubectl'];

describe('a twin that goes back as a whole', { timeout: LIMIT_MS }, () => {
  let engine: DevEngine;
  before(async () => { engine = await startEngine(); });
  after(() => engine.close());

  for (const way of ['recognised', 'shell'] as const) {
    test(`after its upgrade it has versions, static pods and objects of before, and nothing that was written since (${way})`, { timeout: LIMIT_MS }, async () => {
      await upgradeTwin(engine, cluster(`restored-${way}`), { ...OPTIONS, way, prepare: (twin) => { put(twin, 'there-before'); } }, async ({ twin, report }) => {
        assert.equal(report.state, 'done', JSON.stringify(report.failure));
        assertAt(twin, GENERATED_TARGET);
        writeSince(twin);
        const served = twin.model.store.version;

        const plan = await planOf(engine, twin);
        // kubeadm has written kubelet-config as well, with what the new version sets by default.
        assert.deepEqual(plan.written?.find(({ kind }) => kind === 'configmaps'), { kind: 'configmaps', created: 1, changed: 2, deleted: 1, examples: ['default/written-since', 'default/there-before'] });
        assert.deepEqual(plan.written?.filter(({ kind }) => kind === 'nodes'), [{ kind: 'nodes', created: 0, changed: twin.description.nodes.length, deleted: 0, examples: [] }]);
        const restored = await restore(engine, twin, plan);

        assert.equal(restored.state, 'rolled-back', JSON.stringify(restored.failure));
        await assertBack(twin);
        assert.ok(twin.model.store.version > served);
      });
    });
  }

  test('in the middle of its upgrade it goes back with workers that are done, and upgrades again', { timeout: LIMIT_MS }, async () => {
    const description = cluster('in-the-middle');
    await upgradeTwin(engine, description, { ...OPTIONS, prepare: (twin) => { put(twin, 'there-before'); }, attend: async (client, name, twin) => {
      await untilDone(client, name, 1);
      writeSince(twin);
      await client.update(name, { kind: 'rollback', message: { scope: 'cluster', confirm: name, by: 'test@twin', reason: 'the application fails' } });
    } }, async ({ twin, report }) => {
      assert.equal(report.state, 'rolled-back', JSON.stringify(report.failure));
      await assertBack(twin);
      const spec = await specOfTwin(twin);
      const { plan } = await engine.client.inspect({ spec, what: 'plan' });
      assert.ok(plan !== null);
      assert.equal(await engine.client.start({ spec, plan, by: 'test@twin' }), null);
      const again = await endOf(engine.client, description.name);
      assert.equal(again.state, 'done', JSON.stringify(again.failure));
      assertAt(twin, GENERATED_TARGET);
    });
  });
});

function cluster(name: string): ClusterDescription {
  return generateCluster({ name, seed: 5, workers: 3, timings: FAST_TIMINGS });
}

async function planOf(engine: DevEngine, twin: Twin): Promise<RestorePlan> {
  const { restore: plan } = await engine.client.inspect({ spec: await specOfTwin(twin), what: 'restore' });
  assert.ok(plan !== undefined);
  return plan;
}

async function restore(engine: DevEngine, twin: Twin, plan: RestorePlan): Promise<UpgradeReport> {
  assert.equal(await engine.client.restore({ spec: await specOfTwin(twin), plan: confirmedOf(plan), by: 'test@twin', reason: 'the application fails' }), null);
  return endOf(engine.client, twin.description.name);
}

async function untilDone(client: UpgradeClient, name: string, workers: number): Promise<void> {
  for (;;) {
    const { state, nodes } = await client.status(name);
    if (nodes.filter((node) => !node.roles.includes('control-plane') && node.state === 'done').length >= workers) return;
    assert.equal(state, 'running', `${state} before ${workers} workers were done`);
    await delay(LOOK_MS);
  }
}

function put({ model: { store } }: Twin, name: string): ApiObject {
  return store.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name } });
}

/** A person deletes one object and makes another one, and a workload that brings pods. */
function writeSince(twin: Twin): void {
  const { store } = twin.model;
  store.remove('configmaps', 'default', 'there-before');
  put(twin, 'written-since');
  const labels = { app: 'since' };
  store.put('deployments', {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name: 'since' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'registry.example/since:1' }] } } },
  });
}

/** Hosts, static pods, kubelets and objects are those of before, everything runs, and nothing of ours is left. */
async function assertBack(twin: Twin): Promise<void> {
  const { store } = twin.model;
  await until('all pods are Ready or over', () => store.list('pods').every((pod) => isReady(pod) || at(pod['status'], 'phase') === 'Succeeded'), SETTLED_MS);
  assertAt(twin, GENERATED_VERSION);
  assert.notEqual(store.get('configmaps', 'default', 'there-before'), null);
  for (const [resource, name] of [['configmaps', 'written-since'], ['deployments', 'since']] as const) assert.equal(store.get(resource, 'default', name), null);
  assert.deepEqual(store.list('pods').filter(({ metadata }) => metadata.labels?.['app'] === 'since'), []);
  assert.match(JSON.stringify(store.get('configmaps', 'kube-system', 'kubeadm-config')), new RegExp(`kubernetesVersion: ${GENERATED_VERSION.replaceAll('.', '\\.')}`));
  assert.equal(store.get('leases', 'kube-system', 'capstan-upgrade'), null);
  for (const { metadata: { name, annotations }, spec } of store.list('nodes')) {
    assert.doesNotMatch(JSON.stringify([annotations ?? {}, at(spec, 'taints') ?? []]), /capstan\.dev/, name);
    assert.notEqual(at(spec, 'unschedulable'), true, name);
    assert.deepEqual(twin.hosts.host(name).units(), [], name);
  }
}

/** Packages, kubelets, API servers and static pods of every node, on its host and in the API. */
function assertAt({ description, hosts, model: { store } }: Twin, version: string): void {
  for (const { name, role } of description.nodes) {
    const node = store.get('nodes', null, name);
    const { machine } = hosts.host(name);
    assert.ok(node !== null && isReady(node), `${name} is not Ready`);
    assert.deepEqual([at(node, 'status', 'nodeInfo', 'kubeletVersion'), machine.kubelet.version], [version, version], name);
    assert.deepEqual(PACKAGES.map((each) => machine.packages.get(each)), PACKAGES.map(() => ({ version: `${version.slice(1)}-1.1`, held: true, half: false })), name);
    if (role !== 'control-plane') continue;
    assert.equal(machine.apiServer.version, version, name);
    assert.equal(hosts.etcd.member(name)?.running, true, name);
    const mirror = JSON.stringify(store.get('pods', 'kube-system', `kube-apiserver-${name}`)?.['spec']);
    assert.ok(mirror.includes(`kube-apiserver:${version}`), mirror);
  }
}
