import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { fakeNode, nodeStep, upgradeRef } from '../support/fake-objects.ts';
import { runActivity } from '../support/run-activity.ts';

const { cordonNode, uncordonNode, taintNodes, releaseTaints } = createNodeActivities({ openKube: createOpenKube({ pollMs: 100 }), now: Date.now, gateTimeoutMs: 1_500 });
const OURS = { key: 'capstan.dev/pending-upgrade', effect: 'PreferNoSchedule' };
const FOREIGN = { key: 'example.org/dedicated', value: 'gpu', effect: 'NoSchedule' };

async function withApi(run: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    for (const name of ['cp1', 'w1', 'w2', 'w3']) api.put('nodes', fakeNode(name));
    await run(api);
  } finally {
    await api.stop();
  }
}

function taints(api: FakeApi, name: string): readonly unknown[] {
  return (api.get('nodes', name)?.['spec'] as { taints?: readonly unknown[] } | undefined)?.taints ?? [];
}

function taint(api: FakeApi, name: string, list: readonly unknown[]): void {
  api.update('nodes', name, (node) => ({ ...node, spec: { ...(node['spec'] as object), taints: list } }));
}

test('the soft taint comes on the nodes that are asked for, once, beside what is there', () =>
  withApi(async (api) => {
    taint(api, 'w2', [FOREIGN]);
    const input = { upgrade: upgradeRef(api), nodes: ['w1', 'w2', 'gone'] };
    assert.equal((await runActivity(taintNodes, input).result).note, 'PreferNoSchedule on 2 nodes');
    assert.deepEqual([taints(api, 'w1'), taints(api, 'w2'), taints(api, 'w3'), taints(api, 'cp1')], [[OURS], [FOREIGN, OURS], [], []]);
    assert.equal((await runActivity(taintNodes, input, 2).result).changed, false);
  }));

test('it goes with the cordon, in one change, and also from a node that a person cordoned', () =>
  withApi(async (api) => {
    await runActivity(taintNodes, { upgrade: upgradeRef(api), nodes: ['w1', 'w2'] }).result;
    await runActivity(cordonNode, nodeStep(api, 'w1')).result;
    api.update('nodes', 'w2', (node) => ({ ...node, spec: { ...(node['spec'] as object), unschedulable: true } }));
    const before = api.requests.filter((request) => request.startsWith('PATCH')).length;
    await runActivity(uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result;
    assert.equal(api.requests.filter((request) => request.startsWith('PATCH')).length, before + 1);
    await runActivity(uncordonNode, { ...nodeStep(api, 'w2'), release: false }).result;
    assert.deepEqual([taints(api, 'w1'), taints(api, 'w2')], [[], []]);
    assert.equal((api.get('nodes', 'w2')?.['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable, true);
  }));

test('at the end it is swept from every node, and no other taint is touched', () =>
  withApi(async (api) => {
    taint(api, 'cp1', [OURS]);
    taint(api, 'w1', [FOREIGN, OURS]);
    taint(api, 'w2', [FOREIGN]);
    const result = await runActivity(releaseTaints, { upgrade: upgradeRef(api) }).result;
    assert.equal(result.note, 'PreferNoSchedule taken off 2 nodes');
    assert.deepEqual([taints(api, 'cp1'), taints(api, 'w1'), taints(api, 'w2')], [[], [FOREIGN], [FOREIGN]]);
    assert.equal((await runActivity(releaseTaints, { upgrade: upgradeRef(api) }).result).changed, false);
  }));

test('a taint that another sets between our look and our change is kept', () =>
  withApi(async (api) => {
    let once = true;
    api.intercept(({ method }) => {
      if (method === 'PATCH' && once) {
        once = false;
        taint(api, 'w1', [FOREIGN]);
      }
      return null;
    });
    await runActivity(taintNodes, { upgrade: upgradeRef(api), nodes: ['w1'] }).result;
    assert.deepEqual(taints(api, 'w1'), [FOREIGN, OURS]);
  }));
