import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { DRAIN, fakeNode, fakePod, nodeStep } from '../support/fake-objects.ts';
import type { FakePodOptions } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const NOW = Date.parse('2026-12-01T10:00:00Z');
const UNREADY_BEFORE = 'capstan.dev/unready-before';
const openKube = createOpenKube({ pollMs: 200 });
const steps = createNodeActivities({ openKube, now: () => NOW, settleMs: 50, readyTimeoutMs: 700 });

async function withNode(run: (api: FakeApi) => Promise<void>, unschedulable = false): Promise<void> {
  const api = await startFakeApi();
  try {
    api.put('nodes', fakeNode('w1', { version: 'v1.34.4', heartbeat: '2026-12-01T10:00:00Z', unschedulable }));
    await run(api);
  } finally {
    await api.stop();
  }
}

function put(api: FakeApi, name: string, options: FakePodOptions = {}): void {
  api.put('pods', fakePod(name, 'w1', { namespace: 'kube-system', controller: 'DaemonSet', ready: false, ...options }));
}

async function noted(api: FakeApi): Promise<string | undefined> {
  return (await (await openKube(api.access)).getNode('w1'))?.metadata.annotations?.[UNREADY_BEFORE];
}

function ready(api: FakeApi) {
  return runActivity(steps.waitNodeReady, { ...nodeStep(api, 'w1'), restartedAt: null }).result;
}

test('what was not Ready before the cordon does not hold the node afterwards, and the steps say so', () =>
  withNode(async (api) => {
    put(api, 'plugin-1');
    const drained = await runActivity(steps.drainNode, { ...nodeStep(api, 'w1'), drain: DRAIN }).result;
    assert.equal(drained.note, 'nothing to evict; not Ready before: kube-system/owner');
    assert.equal(await noted(api), 'upgrade/lab#u1 kube-system/owner');
    // Its pod is another one after the restart.
    api.remove('pods', 'plugin-1');
    put(api, 'plugin-2');
    assert.equal((await ready(api)).note, 'Ready at v1.34.4; not Ready before and not now: kube-system/owner');
    await runActivity(steps.uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result;
    assert.equal(await noted(api), undefined);
  }));

test('a retry at a later step, by another worker, still knows it', () =>
  withNode(async (api) => {
    put(api, 'plugin');
    await runActivity(steps.cordonNode, nodeStep(api, 'w1')).result;
    const others = createNodeActivities({ openKube: createOpenKube({ pollMs: 200 }), now: () => NOW, settleMs: 50, readyTimeoutMs: 700 });
    const again = await runActivity(others.cordonNode, nodeStep(api, 'w1')).result;
    assert.equal(again.note, 'cordoned already; not Ready before: kube-system/owner');
    assert.match((await runActivity(others.waitNodeReady, { ...nodeStep(api, 'w1'), restartedAt: null, retry: 1 }).result).note, /not Ready before and not now/);
  }));

test('what was Ready before holds the node', () =>
  withNode(async (api) => {
    put(api, 'plugin', { ready: true });
    await runActivity(steps.cordonNode, nodeStep(api, 'w1')).result;
    put(api, 'plugin');
    assert.match((await failureOf(ready(api))).message, /pod kube-system\/plugin is not Ready/);
  }));

test('a static pod holds the node, whatever it was before', () =>
  withNode(async (api) => {
    put(api, 'kube-apiserver-w1', { mirror: true, controller: null });
    await runActivity(steps.cordonNode, nodeStep(api, 'w1')).result;
    assert.equal(await noted(api), undefined);
    assert.match((await failureOf(ready(api))).message, /pod kube-system\/kube-apiserver-w1 is not Ready/);
  }));

test('what has not been Ready for less than two minutes may be on its way: it holds the node', () =>
  withNode(async (api) => {
    const pod = fakePod('proxy', 'w1', { namespace: 'kube-system', controller: 'DaemonSet', ready: false });
    api.put('pods', { ...pod, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-12-01T09:58:30Z' }] } });
    await runActivity(steps.cordonNode, nodeStep(api, 'w1')).result;
    assert.equal(await noted(api), undefined);
    assert.match((await failureOf(ready(api))).message, /pod kube-system\/proxy is not Ready/);
  }));

test('on a node that a person has cordoned it is written down too, and taken off without the cordon', () =>
  withNode(async (api) => {
    put(api, 'plugin');
    const result = await runActivity(steps.cordonNode, nodeStep(api, 'w1')).result;
    assert.deepEqual({ changed: result.changed, note: result.note }, { changed: false, note: 'cordoned by a person: stays so; not Ready before: kube-system/owner' });
    assert.match((await ready(api)).note, /not Ready before and not now/);
    await runActivity(steps.uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result;
    assert.equal(await noted(api), undefined);
    assert.equal((await (await openKube(api.access)).getNode('w1'))?.spec.unschedulable, true);
  }, true));

test('what another upgrade wrote down counts for nothing', () =>
  withNode(async (api) => {
    api.put('nodes', fakeNode('w1', { version: 'v1.34.4', heartbeat: '2026-12-01T10:00:00Z', annotations: { [UNREADY_BEFORE]: 'upgrade/lab#u0 kube-system/owner' } }));
    put(api, 'plugin', { ready: true });
    await runActivity(steps.cordonNode, nodeStep(api, 'w1')).result;
    assert.equal(await noted(api), undefined);
    put(api, 'plugin');
    assert.match((await failureOf(ready(api))).message, /pod kube-system\/plugin is not Ready/);
  }));
