import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import type { Followed } from '../../activities/kubernetes/port.ts';
import { lasting, mayBeStarting } from '../../activities/kubernetes/refusals.ts';
import { rideOver, watchUntil } from '../../activities/kubernetes/wait.ts';
import type { Activity } from '../../activities/kubernetes/wait.ts';
import { failure, startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { fakeNode, fakePod } from '../support/fake-objects.ts';
import { failureOf } from '../support/run-activity.ts';

const openKube = createOpenKube({ pollMs: 100 });

function activityOf(signal: AbortSignal): Activity {
  return { attempt: 1, scheduledMs: 0, order: 0, attemptMs: 0, heartbeat: () => undefined, signal };
}

interface CountedSource extends Followed<unknown> {
  readonly listeners: Set<() => void>;
  readonly most: () => number;
}

function countedSource(): CountedSource {
  const listeners = new Set<() => void>();
  let most = 0;
  return {
    items: [], outage: null, refusal: null, listeners, most: () => most,
    onChange: (listener) => {
      const mine = (): void => { listener(); };
      listeners.add(mine);
      most = Math.max(most, listeners.size);
      return () => { listeners.delete(mine); };
    },
    changed: () => { throw new Error('a promise that is raced at every look keeps a reaction for each'); },
    close: () => undefined,
  };
}

test('a wait has one listener for each source however often it looks, and none after it', async () => {
  const sources = [countedSource(), countedSource(), countedSource()];
  const controller = new AbortController();
  let looks = 0;
  let mostOfSignal = 0;
  await watchUntil({
    activity: activityOf(controller.signal), sources, timeoutMs: 600_000, onTimeout: () => new Error('time is over'),
    check: () => {
      looks += 1;
      mostOfSignal = Math.max(mostOfSignal, getEventListeners(controller.signal, 'abort').length);
      return looks > 2_000 ? { done: null } : { waitingFor: { message: 'it' }, recheckMs: 0 };
    },
  });
  assert.deepEqual(sources.map((source) => [source.most(), source.listeners.size]), [[1, 0], [1, 0], [1, 0]]);
  assert.ok(mostOfSignal <= 1);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a wait that fails, times out or is cancelled leaves no listener either', async () => {
  const ends: readonly { readonly timeoutMs: number; readonly cancel: boolean; readonly check: () => never | { readonly waitingFor: { readonly message: string } } }[] = [
    { timeoutMs: 600_000, cancel: false, check: () => { throw new Error('the look fails'); } },
    { timeoutMs: 0, cancel: false, check: () => ({ waitingFor: { message: 'it' } }) },
    { timeoutMs: 600_000, cancel: true, check: () => ({ waitingFor: { message: 'it' } }) },
  ];
  for (const { timeoutMs, cancel, check } of ends) {
    const source = countedSource();
    const controller = new AbortController();
    const waiting = watchUntil({ activity: activityOf(controller.signal), sources: [source], timeoutMs, check, onTimeout: () => new Error('time is over') });
    if (cancel) controller.abort(new Error('cancelled'));
    await assert.rejects(waiting);
    assert.deepEqual([source.listeners.size, getEventListeners(controller.signal, 'abort').length], [0, 0]);
  }
});

test('a change ends the pause between two looks, one during a look too, and wakes every wait on the same watch', () => withApi(async (api) => {
  const kube = await openKube(api.access);
  const wait = (wanted: number): Promise<number> => {
    const pods = kube.follow({ kind: 'pods', node: 'w1' });
    return watchUntil({
      activity: activityOf(new AbortController().signal), sources: [pods], timeoutMs: 60_000, onTimeout: () => new Error('time is over'),
      check: () => {
        const seen = pods.items?.length ?? 0;
        // Before the wait begins to sleep.
        if (seen === 1) api.put('pods', fakePod('second', 'w1'));
        return seen >= wanted ? { done: seen } : { waitingFor: { message: 'pods' } };
      },
    });
  };
  const waits = [wait(2), wait(2), wait(1)];
  api.put('pods', fakePod('first', 'w1'));
  assert.deepEqual((await Promise.all(waits)).map((seen) => seen >= 1), [true, true, true]);
}));

const STARTING = [
  'nodes "w1" is forbidden: User "capstan" cannot get resource "nodes" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "capstan" not found',
  'nodes "w1" is forbidden: User "capstan" cannot get resource "nodes": RBAC: [clusterrole.rbac.authorization.k8s.io "a" not found, clusterrole.rbac.authorization.k8s.io "b" not found]',
  'nodes "w1" is forbidden: not yet ready to handle request',
];

for (const message of STARTING) {
  test(`an API server that has just started is ridden over: ${message}`, () => withApi(async (api) => {
    api.put('nodes', fakeNode('w1'));
    const kube = await openKube(api.access);
    let refused = 0;
    api.intercept(() => {
      refused += 1;
      return refused <= 2 ? failure(403, 'Forbidden', message) : null;
    });
    const node = await rideOver(activityOf(new AbortController().signal), () => kube.getNode('w1'));
    assert.equal(node?.metadata.name, 'w1');
    assert.equal(refused, 3);
  }));
}

test('what was allowed before is ridden over as well; what never was is permanent at once, with verb and resource', () => withApi(async (api) => {
  api.put('nodes', fakeNode('w1'));
  const kube = await openKube(api.access);
  const activity = activityOf(new AbortController().signal);
  const forbidden = failure(403, 'Forbidden', 'User "capstan" cannot do this');
  let asked = 0;
  api.intercept(() => {
    asked += 1;
    return forbidden;
  });
  const never = await failureOf(rideOver(activity, () => kube.getNode('w1')));
  assert.deepEqual([never.type, never.permanent, asked], ['ApiForbidden', true, 1]);
  assert.match(never.message, /forbids get .*nodes\/w1/);
  api.intercept(null);
  await kube.getNode('other');
  asked = 0;
  api.intercept(() => {
    asked += 1;
    return asked <= 1 ? forbidden : null;
  });
  assert.equal((await rideOver(activity, () => kube.getNode('w1')))?.metadata.name, 'w1');
  // Another verb, and a list of the same resource, were not allowed before.
  api.intercept(() => forbidden);
  const change = await failureOf(rideOver(activity, () => kube.changeNode('w1', { resourceVersion: '1' })));
  assert.deepEqual([change.type, change.permanent], ['ApiForbidden', true]);
  assert.match(change.message, /forbids patch nodes\/w1/);
  assert.equal((await failureOf(rideOver(activity, () => kube.listNodes()))).permanent, true);
}));

test('what an API server forbids for longer than it takes to start is permanent', () => withApi(async (api) => {
  const kube = await openKube(api.access);
  api.intercept(() => failure(403, 'Forbidden', STARTING[0] ?? ''));
  const found = await failureOf(rideOver(activityOf(new AbortController().signal), () => kube.getNode('w1'), 0));
  assert.deepEqual([found.type, found.permanent], ['ApiForbidden', true]);
  assert.match(found.next ?? '', /the right to get/);
  const other = new Error('x');
  assert.equal(lasting(other), other);
  assert.equal(mayBeStarting(ApplicationFailure.create({ message: 'x', type: 'ApiUnreachable' })), false);
}));

test('a wait does not end with what an API server forbids while it starts', () => withApi(async (api) => {
  api.put('pods', fakePod('a', 'w1'));
  const kube = await openKube(api.access);
  let refused = 0;
  api.intercept(() => {
    refused += 1;
    return refused <= 2 ? failure(403, 'Forbidden', STARTING[0] ?? '') : null;
  });
  const pods = kube.follow({ kind: 'pods', node: 'w1' });
  const seen = await watchUntil({
    activity: activityOf(new AbortController().signal), sources: [pods], timeoutMs: 60_000, onTimeout: () => new Error('time is over'),
    check: () => ({ done: pods.items?.length }),
  });
  assert.equal(seen, 1);
}));

async function withApi(use: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    await use(api);
  } finally {
    await api.stop();
  }
}
