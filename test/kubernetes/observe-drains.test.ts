import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { DRAIN, fakeBudget, fakeNode, fakePod, upgradeRef } from '../support/fake-objects.ts';
import { runActivity } from '../support/run-activity.ts';

const { observeDrains } = createNodeActivities({ openKube: createOpenKube({ pollMs: 100 }), now: Date.now });

async function facts(fill: (api: FakeApi) => void, nodes = ['w1', 'w2', 'w3']) {
  const api = await startFakeApi();
  try {
    for (const name of nodes) api.put('nodes', fakeNode(name));
    fill(api);
    return await runActivity(observeDrains, { upgrade: upgradeRef(api), drain: DRAIN, nodes }).result;
  } finally {
    await api.stop();
  }
}

test('a budget with pods on several of the nodes is told with its room at rest, one on a single node is not', async () => {
  const { allowed, rows } = await facts((api) => {
    api.put('poddisruptionbudgets', fakeBudget('alone', 'alone', 0));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    api.put('pods', fakePod('alone-1', 'w1', { labels: { app: 'alone' } }));
    api.put('pods', fakePod('web-1', 'w1', { labels: { app: 'web' } }));
    api.put('pods', fakePod('web-2', 'w2', { labels: { app: 'web' } }));
    api.put('pods', fakePod('web-3', 'w2', { labels: { app: 'web' } }));
  });
  assert.deepEqual(allowed, [1]);
  assert.deepEqual(rows.map((row) => row.slice(1)), [[0, 1], [0, 2], []]);
});

test('a drain is expected to be longer with more pods and with pods of a budget that go in turns; pods that stay do not count', async () => {
  const { rows } = await facts((api) => {
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 1));
    for (let index = 0; index < 3; index += 1) api.put('pods', fakePod(`web-${index}`, 'w1', { labels: { app: 'web' } }));
    for (let index = 0; index < 3; index += 1) api.put('pods', fakePod(`batch-${index}`, 'w2'));
    api.put('pods', fakePod('proxy', 'w3', { controller: 'DaemonSet' }));
  });
  const [turns = 0, together = 0, nothing = -1] = rows.map(([seconds]) => seconds);
  assert.ok(turns > together && together > nothing, `${turns} ${together} ${nothing}`);
  assert.equal(nothing, 0);
});

test('pods come page by page however many there are', async () => {
  const { rows } = await facts((api) => {
    for (let index = 0; index < 1_100; index += 1) api.put('pods', fakePod(`batch-${index}`, index === 0 ? 'w2' : 'w1'));
  });
  assert.ok((rows[0]?.[0] ?? 0) > (rows[1]?.[0] ?? 0));
});
