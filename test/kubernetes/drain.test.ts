import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelledFailure } from '@temporalio/common';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import type { DrainSpec } from '../../workflows/domain/spec.ts';
import type { DrainStepInput } from '../../workflows/domain/step.ts';
import { budgetRefusal, failure, startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { DRAIN, fakeBudget, fakeNode, fakePod, nodeStep } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const { drainNode } = createNodeActivities({ openKube: createOpenKube({ pollMs: 200 }), now: Date.now });

async function withApi(run: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    api.put('nodes', fakeNode('w1'));
    await run(api);
  } finally {
    await api.stop();
  }
}

function step(api: FakeApi, drain: Partial<DrainSpec> = {}): DrainStepInput {
  return { ...nodeStep(api, 'w1'), drain: { ...DRAIN, ...drain } };
}

function evictions(api: FakeApi): readonly string[] {
  return api.requests.filter((request) => request.endsWith('/eviction'));
}

function names(api: FakeApi): readonly string[] {
  return api.all('pods').map((pod) => pod.metadata.name).toSorted();
}

function allow(api: FakeApi, budget: string, disruptionsAllowed: number): void {
  api.update('poddisruptionbudgets', budget, (object) => ({ ...object, status: { ...(object['status'] as object), disruptionsAllowed } }));
}

test('pods are evicted; DaemonSet, mirror and finished pods and those of other nodes are left', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web', 'w1'));
    api.put('pods', fakePod('proxy', 'w1', { controller: 'DaemonSet' }));
    api.put('pods', fakePod('static', 'w1', { controller: null, mirror: true }));
    api.put('pods', fakePod('job', 'w1', { controller: 'Job', phase: 'Succeeded', emptyDir: true }));
    api.put('pods', fakePod('elsewhere', 'w2'));
    const result = await runActivity(drainNode, step(api)).result;
    assert.deepEqual(names(api), ['elsewhere', 'job', 'proxy', 'static']);
    assert.deepEqual([result.changed, result.note], [true, '1 pod evicted']);
    assert.equal((await runActivity(drainNode, step(api)).result).changed, false);
    assert.ok(api.requests.every((request) => !request.startsWith('DELETE')));
  }));

test('a pod that may not be evicted stops the drain before any eviction, and says which key allows it', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web', 'w1'));
    api.put('pods', fakePod('bare', 'w1', { controller: null }));
    api.put('pods', fakePod('cache', 'w1', { emptyDir: true }));
    const failed = await failureOf(runActivity(drainNode, step(api)).result);
    assert.deepEqual([failed.type, failed.permanent], ['DrainTimeout', true]);
    assert.match(failed.message, /default\/bare: no controller.*deleteBarePods/);
    assert.match(failed.message, /default\/cache: the data of its emptyDir cache.*deleteEmptyDir/);
    assert.deepEqual(evictions(api), []);
    await runActivity(drainNode, step(api, { deleteBarePods: true, deleteEmptyDir: true })).result;
    assert.deepEqual(names(api), []);
  }));

test('a budget is waited for, named in the heartbeat with its pod, and used when it allows, before its pod is due again', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web-1', 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    let isRefused = true;
    api.intercept(({ path }) => (isRefused && path.endsWith('/eviction') ? { ...budgetRefusal('web', { currentHealthy: 5, desiredHealthy: 5 }), headers: { 'Retry-After': '3600' } } : null));
    const running = runActivity(drainNode, step(api));
    const blocked = await running.heartbeat((progress) => progress.blockers?.[0]?.budget === 'default/web');
    assert.match(blocked.blockers?.[0]?.reason ?? '', /needs 5 healthy pods and has 5/);
    assert.equal(blocked.blockers?.[0]?.pod, 'default/web-1');
    isRefused = false;
    allow(api, 'web', 1);
    await running.result;
    assert.deepEqual([names(api), evictions(api).length], [[], 2]);
  }));

test('no more evictions of a budget are asked for at once than it allows', () =>
  withApi(async (api) => {
    for (let index = 0; index < 6; index += 1) api.put('pods', fakePod(`web-${index}`, 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 2));
    api.letPodsEnd(false);
    const running = runActivity(drainNode, step(api));
    await running.heartbeat((progress) => progress.blockers?.filter((blocker) => blocker.reason === 'terminating').length === 2);
    for (const pod of api.all('pods')) if (pod.metadata['deletionTimestamp'] !== undefined) api.remove('pods', pod.metadata.name);
    api.letPodsEnd(true);
    for (let round = 0; round < 4; round += 1) {
      await running.heartbeat((progress) => progress.message.startsWith(`${4 - round} pods`));
      allow(api, 'web', 1);
    }
    await running.result;
    assert.deepEqual(names(api), []);
    assert.ok(evictions(api).length <= 14, `${evictions(api).length} evictions for 6 pods`);
  }));

test('a pod under two budgets is a misconfiguration: it stops the drain at once, before any eviction', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web', 'w1', { labels: { app: 'web', tier: 'front' } }));
    api.put('pods', fakePod('other', 'w1'));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 1));
    api.put('poddisruptionbudgets', { ...fakeBudget('front', 'web', 1), spec: { selector: { matchLabels: { tier: 'front' } } } });
    const failed = await failureOf(runActivity(drainNode, step(api)).result);
    assert.equal(failed.type, 'DrainTimeout');
    assert.match(failed.message, /more than one PodDisruptionBudget.*web and front/);
    assert.deepEqual(evictions(api), []);
  }));

test('what is left when the time is over is named with its reason, and nothing was forced', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web-1', 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    const failed = await failureOf(runActivity(drainNode, step(api, { timeoutSeconds: 1 })).result);
    assert.deepEqual([failed.type, failed.permanent], ['DrainTimeout', true]);
    assert.match(failed.message, /w1 was not drained in 1 s.*default\/web-1: The disruption budget web/);
    assert.deepEqual(names(api), ['web-1']);
  }));

test('a pod that terminates is waited for, not evicted again; of an unreachable node it is said', () =>
  withApi(async (api) => {
    api.letPodsEnd(false);
    api.put('pods', fakePod('web', 'w1'));
    const running = runActivity(drainNode, step(api));
    await running.heartbeat((progress) => progress.blockers?.[0]?.reason === 'terminating');
    api.put('nodes', fakeNode('w1', { ready: 'Unknown', unschedulable: true }));
    await running.heartbeat((progress) => progress.blockers?.[0]?.reason.includes('kubelet of its node does not answer') === true);
    // The kubelet reports the end of the containers before the pod is gone.
    api.update('pods', 'web', (pod) => ({ ...pod, status: { phase: 'Succeeded' } }));
    api.put('nodes', fakeNode('w1', { unschedulable: true }));
    await running.heartbeat(() => running.heartbeats.at(-1)?.blockers?.[0]?.reason === 'terminating');
    api.remove('pods', 'web');
    await running.result;
    assert.equal(evictions(api).length, 1);
  }));

test('a drain goes on after its worker died, and cancelling ends it at once', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web-1', 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    const first = runActivity(drainNode, step(api));
    await first.heartbeat((progress) => (progress.blockers ?? []).length > 0);
    first.cancel();
    await assert.rejects(first.result, CancelledFailure);
    allow(api, 'web', 1);
    assert.equal((await runActivity(drainNode, step(api), 2).result).changed, true);
  }));

test('an API that is away for a while does not end a drain', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web-1', 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    const running = runActivity(drainNode, step(api));
    await running.heartbeat((progress) => progress.blockers?.[0]?.budget === 'default/web');
    api.intercept(() => 'cut');
    api.cut();
    await running.heartbeat((progress) => progress.blockers?.[0]?.budget === null);
    api.intercept(null);
    allow(api, 'web', 1);
    await running.result;
  }));

test('by force, and only then, what is left is deleted with its grace period, past budgets; DaemonSet, mirror and finished pods are left', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web-1', 'w1', { labels: { app: 'web' } }));
    api.put('pods', fakePod('bare', 'w1', { controller: null }));
    api.put('pods', fakePod('cache', 'w1', { emptyDir: true }));
    api.put('pods', fakePod('proxy', 'w1', { controller: 'DaemonSet' }));
    api.put('pods', fakePod('static', 'w1', { controller: null, mirror: true }));
    api.put('pods', fakePod('job', 'w1', { controller: 'Job', phase: 'Succeeded' }));
    api.put('pods', fakePod('elsewhere', 'w2'));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    const bodies: unknown[] = [];
    api.intercept(({ method, body }) => {
      if (method === 'DELETE') bodies.push(body);
      return null;
    });
    const uid = api.get('pods', 'web-1')?.metadata.uid;
    const result = await runActivity(drainNode, { ...step(api, { gracePeriodSeconds: 7 }), force: true }).result;
    assert.deepEqual(names(api), ['elsewhere', 'job', 'proxy', 'static']);
    assert.equal(result.note, '3 pods deleted by force');
    assert.deepEqual(evictions(api), []);
    assert.equal(bodies.length, 3);
    assert.ok(bodies.some((body) => JSON.stringify(body) === JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, gracePeriodSeconds: 7 })), JSON.stringify(bodies));
  }));

test('a forced drain spares a new pod of the same name, and pods that the selector does not choose', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web', 'w1', { labels: { app: 'web' } }));
    api.put('pods', fakePod('keep', 'w1', { labels: { app: 'keep' } }));
    api.intercept(({ method }) => {
      if (method !== 'DELETE') return null;
      api.intercept(null);
      api.remove('pods', 'web');
      api.put('pods', fakePod('web', 'w2', { labels: { app: 'web' } }));
      return null;
    });
    await runActivity(drainNode, { ...step(api, { podSelector: 'app=web' }), force: true }).result;
    assert.deepEqual(names(api), ['keep', 'web']);
  }));

test('a forced drain whose kubeconfig may not delete pods fails and says which right is missing', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web', 'w1'));
    api.intercept(({ method }) => (method === 'DELETE' ? failure(403, 'Forbidden', 'pods "web" is forbidden') : null));
    const failed = await failureOf(runActivity(drainNode, { ...step(api), force: true }).result);
    assert.equal(failed.type, 'ApiForbidden');
    assert.match(failed.message, /forbids delete pods default\/web/);
  }));

test('only pods that the selector chooses are evicted', () =>
  withApi(async (api) => {
    api.put('pods', fakePod('web', 'w1', { labels: { app: 'web' } }));
    api.put('pods', fakePod('keep', 'w1', { labels: { app: 'keep' } }));
    await runActivity(drainNode, step(api, { podSelector: 'app=web' })).result;
    assert.deepEqual(names(api), ['keep']);
  }));

test('a heartbeat stays within a kilobyte however many pods are left', () =>
  withApi(async (api) => {
    for (let index = 0; index < 60; index += 1) api.put('pods', fakePod(`web-with-a-rather-long-name-${index}`, 'w1', { labels: { app: 'web' } }));
    api.put('poddisruptionbudgets', fakeBudget('web', 'web', 0));
    const running = runActivity(drainNode, step(api));
    const progress = await running.heartbeat((seen) => (seen.blockers ?? []).length > 2);
    assert.ok(Buffer.byteLength(JSON.stringify(progress)) <= 1024);
    assert.match(progress.message, /60 pods to go/);
    running.cancel();
    await assert.rejects(running.result, CancelledFailure);
  }));
