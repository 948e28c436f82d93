import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createLeaseActivities } from '../../activities/lease/lease-activities.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import type { CordonInput, UpgradeRef } from '../../workflows/domain/step.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { putCluster } from '../support/fake-control-plane.ts';
import { DRAIN, nodeStep, upgradeRef } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const ports = { openKube: createOpenKube({ pollMs: 100 }), now: Date.now, gateTimeoutMs: 1_000, temporal: 'c1/n1' };
const { cordonNode, drainNode, taintNodes, uncordonNode } = createNodeActivities(ports);
const { acquireLease } = createLeaseActivities(ports);
const ofAnother = createLeaseActivities({ ...ports, temporal: 'c2/n1' });

interface Two {
  readonly api: FakeApi;
  /** The upgrade that locked the cluster first, and a copy of its spec under another name. */
  readonly a: UpgradeRef;
  readonly b: UpgradeRef;
  readonly step: (node: string, upgrade: UpgradeRef, maxUnavailable?: number, pool?: string) => CordonInput;
}

async function withTwo(run: (two: Two) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1', 'w1', 'w2', 'w3', 'w4'], 'v1.33.13');
    const a = { ...upgradeRef(api), workflowId: 'upgrade/prod' };
    const b = { ...upgradeRef(api, 'u2'), cluster: 'copy', workflowId: 'upgrade/copy' };
    await runActivity(acquireLease, { upgrade: a, by: 'ann@desk' }).result;
    await run({
      api, a, b,
      step: (name, upgrade, maxUnavailable = 1, pool = 'default') => {
        const step = nodeStep(api, name);
        return { ...step, upgrade, maxUnavailable, node: { ...step.node, uid: String(api.get('nodes', name)?.metadata.uid), pool, roles: ['worker'] } };
      },
    });
  } finally {
    await api.stop();
  }
}

function cordoned(api: FakeApi): readonly string[] {
  return api.all('nodes').filter((node) => (node['spec'] as { unschedulable?: boolean }).unschedulable === true).map((node) => String(node.metadata.name));
}

test('an upgrade whose lock was deleted and taken by another has one node down: the other cordons none, and the first one notices', () =>
  withTwo(async ({ api, a, b, step }) => {
    await runActivity(cordonNode, step('w1', a)).result;
    api.remove('leases', 'capstan-upgrade');
    await runActivity(acquireLease, { upgrade: b, by: 'bob@desk' }).result;
    const refused = await failureOf(runActivity(cordonNode, step('w3', b)).result);
    assert.equal(refused.type, 'GateTimeout');
    assert.match(refused.message, /waiting for w1 \(cordoned by upgrade\/prod#u1\/default\)/);
    assert.match(refused.next ?? '', /capstan release/);
    const noticed = await failureOf(runActivity(cordonNode, step('w2', a, 2)).result);
    assert.deepEqual([noticed.type, noticed.permanent], ['ClusterLocked', true]);
    assert.match(noticed.message, /workflow upgrade\/copy \(cluster name copy\), started by bob@desk/);
    assert.deepEqual(cordoned(api), ['w1']);
    // What is ours is given back all the same.
    await runActivity(uncordonNode, { ...step('w1', a), release: true }).result;
    assert.deepEqual(cordoned(api), []);
    assert.equal((await runActivity(cordonNode, step('w3', b)).result).changed, true);
  }));

for (const { what, act } of [
  { what: 'drains', act: ({ step, a }: Two) => failureOf(runActivity(drainNode, { ...step('w2', a), drain: DRAIN }).result) },
  { what: 'taints', act: ({ a }: Two) => failureOf(runActivity(taintNodes, { upgrade: a, nodes: ['w2', 'w3'] }).result) },
]) {
  test(`an upgrade ${what} no node of a cluster that another upgrade has by now`, () =>
    withTwo(async (two) => {
      const { api, b } = two;
      api.remove('leases', 'capstan-upgrade');
      await runActivity(ofAnother.acquireLease, { upgrade: b, by: 'bob@desk' }).result;
      const before = api.requests.filter((request) => /^(?:PATCH|POST|DELETE)/.test(request)).length;
      const locked = await act(two);
      assert.equal(locked.type, 'ClusterLocked');
      assert.match(locked.message, /workflow upgrade\/copy of another Temporal \(c2\/n1\)/);
      assert.match(locked.next ?? '', /--foreign REASON/);
      assert.equal(api.requests.filter((request) => /^(?:PATCH|POST|DELETE)/.test(request)).length, before);
    }));
}

test('a lock that somebody deleted is taken again by the upgrade that runs, before it cordons', () =>
  withTwo(async ({ api, a, b, step }) => {
    api.remove('leases', 'capstan-upgrade');
    await runActivity(cordonNode, step('w1', a)).result;
    assert.equal((await failureOf(runActivity(acquireLease, { upgrade: b, by: 'bob' }).result)).type, 'ClusterLocked');
    const annotations = api.get('leases', 'capstan-upgrade')?.metadata['annotations'] as Record<string, string>;
    assert.deepEqual([annotations['capstan.dev/workflow'], annotations['capstan.dev/temporal']], ['upgrade/prod', 'c1/n1']);
  }));

test('nodes that upgrades before have left down count, whatever pool they called it; those of control planes, of persons, and uncordoned ones do not', () =>
  withTwo(async ({ api, a, step }) => {
    const mark = (name: string, value: string, unschedulable: boolean): void => {
      api.update('nodes', name, (node) => ({ ...node, metadata: { ...node.metadata, annotations: { 'capstan.dev/cordoned-by': value } }, spec: { unschedulable } }));
    };
    mark('w2', 'upgrade/lost#u0/batch', true);
    mark('w3', 'upgrade/lost#u0/default', false);
    mark('cp1', 'upgrade/lost#u0', true);
    api.update('nodes', 'w4', (node) => ({ ...node, spec: { unschedulable: true } }));
    const refused = await failureOf(runActivity(cordonNode, step('w1', a)).result);
    assert.match(refused.message, /waiting for w2 \(cordoned by upgrade\/lost#u0\/batch\) for/);
    assert.equal((await runActivity(cordonNode, step('w1', a, 2)).result).changed, true);
    // A node that is down already takes no place more.
    assert.match((await runActivity(cordonNode, step('w2', a)).result).note, /took over/);
  }));

test('the mark says which Temporal, and goes with the cordon', () =>
  withTwo(async ({ api, a, step }) => {
    const notes = () => api.get('nodes', 'w1')?.metadata['annotations'] as Record<string, string> | undefined;
    await runActivity(cordonNode, step('w1', a)).result;
    assert.deepEqual(notes(), { 'capstan.dev/cordoned-by': 'upgrade/prod#u1/default', 'capstan.dev/temporal': 'c1/n1' });
    await runActivity(uncordonNode, { ...step('w1', a), release: false }).result;
    assert.deepEqual(notes() ?? {}, {});
  }));
