import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi, FakeObject } from '../support/fake-api.ts';
import { fakeNode, nodeStep, upgradeRef } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const { cordonNode, uncordonNode } = createNodeActivities({ openKube: createOpenKube({ pollMs: 100 }), now: Date.now, gateTimeoutMs: 1_500 });
const MARK = 'capstan.dev/cordoned-by';

async function withApi(run: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    await run(api);
  } finally {
    await api.stop();
  }
}

function state(api: FakeApi, name: string): { readonly cordoned: boolean; readonly mark: string | null } {
  const node = api.get('nodes', name);
  const spec = node?.['spec'] as { unschedulable?: boolean } | undefined;
  const annotations = node?.metadata['annotations'] as Record<string, string> | undefined;
  return { cordoned: spec?.unschedulable === true, mark: annotations?.[MARK] ?? null };
}

function cordoned(node: FakeObject): FakeObject {
  return { ...node, spec: { unschedulable: true } };
}

test('a cordon of ours is marked, is set once, and is given back with its mark', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1'));
    const first = await runActivity(cordonNode, nodeStep(api, 'w1')).result;
    assert.deepEqual([first.changed, state(api, 'w1')], [true, { cordoned: true, mark: 'upgrade/lab#u1/default' }]);
    const writes = api.requests.filter((request) => request.startsWith('PATCH')).length;
    assert.equal(writes, 1);
    const again = await runActivity(cordonNode, nodeStep(api, 'w1'), 2).result;
    assert.deepEqual([again.changed, again.attempt], [false, 2]);
    const back = await runActivity(uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result;
    assert.deepEqual([back.changed, state(api, 'w1')], [true, { cordoned: false, mark: null }]);
    assert.equal((await runActivity(uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result).changed, false);
  }));

test("a person's cordon is neither marked nor taken away", () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1', { unschedulable: true }));
    const step = await runActivity(cordonNode, nodeStep(api, 'w1', { cordoned: true })).result;
    assert.equal(step.changed, false);
    await runActivity(uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result;
    assert.deepEqual(state(api, 'w1'), { cordoned: true, mark: null });
    assert.ok(api.requests.every((request) => !request.startsWith('PATCH')));
  }));

test("a person's cordon that comes between our look and our change is seen", () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1'));
    let once = true;
    api.intercept(({ method }) => {
      if (method === 'PATCH' && once) {
        once = false;
        api.update('nodes', 'w1', cordoned);
      }
      return null;
    });
    const step = await runActivity(cordonNode, nodeStep(api, 'w1')).result;
    assert.match(step.note, /by a person/);
    assert.deepEqual(state(api, 'w1'), { cordoned: true, mark: null });
  }));

test('what a former upgrade of ours left cordoned is taken over; another upgrade\'s cordon is not given back', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1', { unschedulable: true, annotations: { [MARK]: 'upgrade/lab#u0' } }));
    await runActivity(uncordonNode, { ...nodeStep(api, 'w1'), release: true }).result;
    assert.deepEqual(state(api, 'w1'), { cordoned: true, mark: 'upgrade/lab#u0' });
    await runActivity(cordonNode, nodeStep(api, 'w1')).result;
    assert.equal(state(api, 'w1').mark, 'upgrade/lab#u1/default');
    await runActivity(uncordonNode, { ...nodeStep(api, 'w1'), release: false }).result;
    assert.deepEqual(state(api, 'w1'), { cordoned: false, mark: null });
  }));

test('a control-plane node is not cordoned while another is down, and is once it is back', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('cp1', { controlPlane: true }));
    api.put('nodes', fakeNode('cp2', { controlPlane: true, ready: 'Unknown' }));
    const step = nodeStep(api, 'cp1', { roles: ['etcd', 'control-plane'] });
    const refused = await failureOf(runActivity(cordonNode, step).result);
    assert.equal(refused.type, 'GateTimeout');
    assert.match(refused.message, /cp2 \(not Ready\)/);
    assert.equal(state(api, 'cp1').cordoned, false);
    const waiting = runActivity(cordonNode, step);
    await waiting.heartbeat((progress) => progress.message.includes('cp2'));
    api.put('nodes', fakeNode('cp2', { controlPlane: true }));
    assert.equal((await waiting.result).changed, true);
  }));

test('a worker waits while as many of its pool are down by this upgrade as may be, whatever was planned', () =>
  withApi(async (api) => {
    for (const name of ['w1', 'w2', 'w3', 'w4', 'w5']) api.put('nodes', fakeNode(name));
    const inPool = (name: string, pool = 'default') => ({ ...nodeStep(api, name, { pool }), maxUnavailable: 2 });
    await runActivity(cordonNode, inPool('w1')).result;
    await runActivity(cordonNode, inPool('w4', 'other')).result;
    await runActivity(cordonNode, inPool('w2')).result;
    const refused = await failureOf(runActivity(cordonNode, inPool('w3')).result);
    assert.equal(refused.type, 'GateTimeout');
    assert.match(refused.message, /waiting for w1, w2 .*at most 2 of the pool default may be down at once/);
    assert.equal(state(api, 'w3').cordoned, false);
    const waiting = runActivity(cordonNode, inPool('w3'));
    await waiting.heartbeat((progress) => progress.message.includes('w2'));
    await runActivity(uncordonNode, { ...inPool('w1'), release: false }).result;
    assert.equal((await waiting.result).changed, true);
  }));

test('a node that was replaced under its name is not touched', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1'));
    const failed = await failureOf(runActivity(cordonNode, nodeStep(api, 'w1', { uid: 'former' })).result);
    assert.equal(failed.type, 'ClusterMoved');
    assert.equal((await failureOf(runActivity(cordonNode, nodeStep(api, 'w7')).result)).type, 'ClusterMoved');
  }));

test('an API that goes away for a moment is ridden over', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1'));
    let left = 2;
    api.intercept(() => (left-- > 0 ? 'cut' : null));
    const step = await runActivity(cordonNode, { ...nodeStep(api, 'w1'), upgrade: upgradeRef(api) }).result;
    assert.equal(step.changed, true);
  }));

test('a control-plane node that has lost its label closes the gate for the others as before', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('cp1', { controlPlane: true }));
    api.put('nodes', fakeNode('cp2', { ready: 'Unknown' }));
    const step = { ...nodeStep(api, 'cp1', { roles: ['etcd', 'control-plane'] }), controlPlane: ['cp1', 'cp2'] };
    const failure = await failureOf(runActivity(cordonNode, step).result);
    assert.equal(failure.type, 'GateTimeout');
    assert.match(failure.message, /cp2 \(not Ready\)/);
    assert.equal(state(api, 'cp1').cordoned, false);
    api.put('nodes', fakeNode('cp2'));
    assert.equal((await runActivity(cordonNode, step, 2).result).changed, true);
  }));
