/** Upgrades of twins whose workers go back. All that is asserted is the twins' own state and journals. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradeClient } from '../../client/temporal/port.ts';
import type { ClusterDescription } from '../../simulator/description.ts';
import { generateCluster, GENERATED_TARGET, GENERATED_VERSION } from '../../simulator/generate.ts';
import type { NodeState } from '../../workflows/domain/state.ts';
import { FAST_TIMINGS } from '../support/twin.ts';
import { startEngine, upgradeTwin } from './support/engine.ts';
import type { DevEngine, Upgraded } from './support/engine.ts';
import { at, isReady } from './support/watcher.ts';

const LIMIT_MS = 15 * 60_000;
const OPTIONS = { seed: 5, speed: 30, maxUnavailable: 2 } as const;
const LOOK_MS = 200;
const PACKAGES = ['kubeadm', 'kubelet', 'kubectl'];

describe('a twin whose workers go back', { timeout: LIMIT_MS }, () => {
  let engine: DevEngine;
  before(async () => { engine = await startEngine(); });
  after(() => engine.close());

  for (const way of ['shell', 'recognised'] as const) {
    test(`has the held node as it was before, and the others upgraded (${way})`, { timeout: LIMIT_MS }, async () => {
      const description = cluster(`one-${way}`, [{ name: 'package-broken', node: 'w1' }]);
      await upgradeTwin(engine, description, { ...OPTIONS, way, attend: async (client, name) => {
        await untilNode(client, name, 'w1', 'held');
        const { kind, node } = await client.update(name, { kind: 'rollback', message: { scope: 'node', node: 'w1', by: 'test@twin', reason: 'broken package' } });
        assert.deepEqual([kind, node], ['rollback', 'w1']);
      } }, (upgraded) => {
        assert.equal(upgraded.report.state, 'done', JSON.stringify(upgraded.report.failure));
        assertFormer(upgraded, 'w1');
        for (const name of ['w2', 'w3', 'w4', 'w5']) assertAt(upgraded, name, GENERATED_TARGET);
        assertReleased(upgraded);
      });
    });
  }

  test('has all of them as they were before, and its control plane at the new version', { timeout: LIMIT_MS }, async () => {
    const description = cluster('all', [{ name: 'package-broken', node: 'w5' }]);
    await upgradeTwin(engine, description, { ...OPTIONS, attend: async (client, name) => {
      await untilNode(client, name, 'w5', 'held');
      await client.update(name, { kind: 'rollback', message: { scope: 'workers', by: 'test@twin' } });
    } }, (upgraded) => {
      assert.equal(upgraded.report.state, 'rolled-back', JSON.stringify(upgraded.report.failure));
      for (const name of ['w1', 'w2', 'w3', 'w4', 'w5']) assertFormer(upgraded, name);
      for (const { name, role } of description.nodes) if (role === 'control-plane') assertAt(upgraded, name, GENERATED_TARGET);
      assert.ok(upgraded.watched.mostCordoned() <= OPTIONS.maxUnavailable, `${upgraded.watched.mostCordoned()} were cordoned at once`);
      assert.deepEqual(upgraded.watched.brokenBudgets(), []);
      assertReleased(upgraded);
    });
  });
});

function cluster(name: string, faults: ClusterDescription['faults']): ClusterDescription {
  return generateCluster({ name: `back-${name}`, seed: 5, workers: 5, timings: FAST_TIMINGS, faults });
}

async function untilNode(client: UpgradeClient, cluster: string, node: string, state: NodeState): Promise<void> {
  for (;;) {
    const status = await client.status(cluster);
    if (status.nodes.find(({ name }) => name === node)?.state === state) return;
    assert.ok(status.state === 'running' || status.state === 'held', `${status.state} before ${node} was ${state}`);
    await delay(LOOK_MS);
  }
}

/** Kubelet, packages, holds and configuration of before; Ready and given back. */
function assertFormer(upgraded: Upgraded, name: string): void {
  assertAt(upgraded, name, GENERATED_VERSION);
  const { machine } = upgraded.twin.hosts.host(name);
  assert.deepEqual(PACKAGES.map((each) => machine.packages.get(each)), PACKAGES.map(() => ({ version: `${GENERATED_VERSION.slice(1)}-1.1`, held: true, half: false })), name);
  assert.doesNotMatch(machine.files.read(`${machine.root}/var/lib/kubelet/config.yaml`) ?? 'absent', /absent|mergeDefaultEvictionSettings/, name);
}

function assertAt({ twin }: Upgraded, name: string, version: string): void {
  const node = twin.model.store.get('nodes', null, name);
  assert.ok(node !== null && isReady(node), `${name} is not Ready`);
  assert.equal(at(node, 'status', 'nodeInfo', 'kubeletVersion'), version, name);
  assert.equal(twin.hosts.host(name).machine.kubelet.version, version, name);
}

/** Nothing of ours is left on any node, nor the lock. */
function assertReleased({ twin }: Upgraded): void {
  for (const node of twin.model.store.list('nodes')) {
    const { name, annotations = {} } = node.metadata;
    assert.notEqual(at(node, 'spec', 'unschedulable'), true, name);
    assert.deepEqual(Object.keys(annotations).filter((key) => key.startsWith('capstan.dev/')), [], name);
    const taints = at(node, 'spec', 'taints');
    assert.ok(!JSON.stringify(taints ?? []).includes('capstan.dev/'), name);
    assert.deepEqual(twin.hosts.host(name).units(), [], name);
  }
  assert.equal(twin.model.store.get('leases', 'kube-system', 'capstan-upgrade'), null);
}
