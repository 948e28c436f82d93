import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import type { WaitNodeReadyInput } from '../../workflows/domain/step.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { fakeNode, fakePod, nodeStep } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const openKube = createOpenKube({ pollMs: 200 });
const { waitNodeReady } = createNodeActivities({ openKube, now: Date.now, settleMs: 200, readyTimeoutMs: 10_000 });
const impatient = createNodeActivities({ openKube, now: Date.now, settleMs: 50, readyTimeoutMs: 700 });
const RESTARTED = '2026-11-21T10:00:00.500Z';

async function withApi(run: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    await run(api);
  } finally {
    await api.stop();
  }
}

function step(api: FakeApi): WaitNodeReadyInput {
  return { ...nodeStep(api, 'w1'), restartedAt: RESTARTED };
}

function putLease(api: FakeApi, renewTime: string): void {
  api.put('leases', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'w1', namespace: 'kube-node-lease' }, spec: { renewTime } });
}

test('Ready means: the version, a heartbeat newer than the restart, the node\'s services Ready, in any order', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1', { version: 'v1.33.13', heartbeat: '2026-11-21T09:59:00Z' }));
    putLease(api, '2026-11-21T10:00:00.400000Z');
    api.put('pods', fakePod('kube-proxy-x', 'w1', { namespace: 'kube-system', controller: 'DaemonSet', ready: false }));
    api.put('pods', fakePod('csi', 'w1', { namespace: 'storage', controller: 'DaemonSet', priorityClassName: 'system-node-critical', ready: false }));
    api.put('pods', fakePod('broken-agent', 'w1', { controller: 'DaemonSet', ready: false }));
    const running = runActivity(waitNodeReady, step(api));
    await running.heartbeat(({ message }) => message.includes('kubelet is at v1.33.13') && message.includes('no heartbeat') && message.includes('kube-proxy-x') && message.includes('storage/csi') && !message.includes('broken-agent'));
    api.put('nodes', fakeNode('w1', { version: 'v1.34.4', heartbeat: '2026-11-21T09:59:00Z' }));
    await running.heartbeat(({ message }) => message.startsWith('no heartbeat'));
    putLease(api, '2026-11-21T10:00:00.600000Z');
    await running.heartbeat(({ message }) => message.startsWith('pod '));
    api.put('pods', fakePod('kube-proxy-x', 'w1', { namespace: 'kube-system', controller: 'DaemonSet' }));
    api.remove('pods', 'csi');
    assert.match((await running.result).note, /Ready at v1\.34\.4/);
  }));

test('a node that falls back within the settle time is waited for again', () =>
  withApi(async (api) => {
    const good = fakeNode('w1', { version: 'v1.34.4', heartbeat: '2026-11-21T10:00:01Z' });
    api.put('nodes', good);
    const running = runActivity(waitNodeReady, step(api));
    await running.heartbeat(({ message }) => message === 'Ready; settling');
    api.put('nodes', fakeNode('w1', { version: 'v1.34.4', ready: 'False' }));
    await running.heartbeat(({ message }) => message.includes('Ready is False'));
    api.put('nodes', good);
    const result = await running.result;
    assert.ok(result.seconds >= 0.2, 'the settle time began anew');
  }));

test('a node that is not Ready in time is described by its conditions and pods', () =>
  withApi(async (api) => {
    api.put('nodes', fakeNode('w1', { version: 'v1.34.4', ready: 'False' }));
    api.put('pods', fakePod('kube-proxy-x', 'w1', { namespace: 'kube-system', controller: 'DaemonSet', ready: false, phase: 'Pending' }));
    const failed = await failureOf(runActivity(impatient.waitNodeReady, step(api)).result);
    assert.deepEqual([failed.type, failed.permanent], ['NodeNotReady', true]);
    assert.match(failed.message, /w1.*v1\.34\.4.*Ready is False.*kube-system\/kube-proxy-x is not Ready \(Pending\)/);
    assert.match(failed.next ?? '', /capstan retry w1/);
  }));

test('an API that is away is ridden over, and named where it stays away', () =>
  withApi(async (api) => {
    api.intercept(() => 'cut');
    const failed = await failureOf(runActivity(impatient.waitNodeReady, step(api)).result);
    assert.equal(failed.type, 'NodeNotReady');
    assert.match(failed.message, /did not serve get/);
  }));
