import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createLeaseActivities } from '../../activities/lease/lease-activities.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import { createReleaseActivities } from '../../activities/release/release-activities.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { putCluster } from '../support/fake-control-plane.ts';
import { nodeStep, upgradeRef } from '../support/fake-objects.ts';
import { runActivity } from '../support/run-activity.ts';
import { testSpec } from '../workflows/fake-cluster.ts';

const ports = { openKube: createOpenKube({ pollMs: 100 }), now: Date.now, gateTimeoutMs: 1_500, temporal: 'c1/n1' };
const { cordonNode, taintNodes } = createNodeActivities(ports);
const { acquireLease } = createLeaseActivities(ports);
const { findLeft, releaseLeft } = createReleaseActivities(ports);

interface NodeSpec {
  readonly unschedulable?: boolean;
  readonly taints?: readonly unknown[];
}

/** A cluster in which an upgrade has cordoned w1, tainted w2 and taken the lock, and a person has cordoned w3. */
async function withLost(run: (api: FakeApi, input: Parameters<typeof findLeft>[0]) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'w1', 'w2', 'w3'], 'v1.33.13');
    const upgrade = upgradeRef(api);
    await runActivity(acquireLease, { upgrade, by: 'ann@desk' }).result;
    await runActivity(cordonNode, { ...nodeStep(api, 'w1'), node: { ...nodeStep(api, 'w1').node, uid: String(api.get('nodes', 'w1')?.metadata.uid) } }).result;
    await runActivity(taintNodes, { upgrade, nodes: ['w2'] }).result;
    api.update('nodes', 'w3', (node) => ({ ...node, spec: { ...(node['spec'] as object), unschedulable: true } }));
    await run(api, { spec: { ...testSpec(3, 1), access: upgrade.access } });
  } finally {
    await api.stop();
  }
}

const specOf = (api: FakeApi, name: string): NodeSpec => (api.get('nodes', name)?.['spec'] ?? {}) as NodeSpec;

test('what an upgrade has left is found with its owner, and a person\'s cordon is not among it', () =>
  withLost(async (_api, input) => {
    const left = await runActivity(findLeft, input).result;
    assert.deepEqual(left.nodes.map(({ name, mark, cordoned, tainted }) => ({ name, mark, cordoned, tainted })), [
      { name: 'w1', mark: 'upgrade/lab#u1/default', cordoned: true, tainted: false },
      { name: 'w2', mark: null, cordoned: false, tainted: true },
    ]);
    assert.deepEqual([left.lock?.workflow, left.lock?.startedBy], ['upgrade/lab', 'ann@desk']);
    assert.deepEqual([left.temporal, left.lock?.temporal, left.nodes.map(({ temporal }) => temporal)], ['c1/n1', 'c1/n1', ['c1/n1', null]]);
  }));

test('cordon, mark, taint and lock go, the person\'s cordon stays, and twice is as good as once', () =>
  withLost(async (api, input) => {
    const left = await runActivity(findLeft, input).result;
    assert.equal((await runActivity(releaseLeft, { ...input, left }).result).note, '2 nodes released, cluster unlocked');
    assert.deepEqual([specOf(api, 'w1').unschedulable ?? false, specOf(api, 'w2').taints ?? [], specOf(api, 'w3').unschedulable], [false, [], true]);
    assert.equal(api.get('leases', 'capstan-upgrade'), null);
    assert.equal((await runActivity(releaseLeft, { ...input, left }, 2).result).changed, false);
    assert.deepEqual(await runActivity(findLeft, input).result, { nodes: [], lock: null, temporal: 'c1/n1' });
  }));

test('a node that another upgrade has marked since, and the lock of that upgrade, are left alone', () =>
  withLost(async (api, input) => {
    const left = await runActivity(findLeft, input).result;
    const other = 'upgrade/lab#u2/default';
    api.update('nodes', 'w1', (node) => ({ ...node, metadata: { ...node.metadata, annotations: { 'capstan.dev/cordoned-by': other } } }));
    const lock = left.lock === null ? null : { ...left.lock, uid: 'an earlier one' };
    await runActivity(releaseLeft, { ...input, left: { ...left, lock } }).result;
    assert.equal(specOf(api, 'w1').unschedulable, true);
    assert.notEqual(api.get('leases', 'capstan-upgrade'), null);
  }));
