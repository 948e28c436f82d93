import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import type { Kube } from '../../activities/kubernetes/port.ts';
import { createLeaseActivities } from '../../activities/lease/lease-activities.ts';
import { createNodeActivities } from '../../activities/nodes/node-activities.ts';
import { isReady } from '../../activities/nodes/ready.ts';
import type { AccessSpec } from '../../workflows/domain/spec.ts';
import type { DrainStepInput, CordonInput, UpgradeRef } from '../../workflows/domain/step.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const LAB = join(import.meta.dirname, '../../.lab');
const MARK = 'capstan.dev/cordoned-by';

const access: AccessSpec = {
  transport: 'ssh',
  kubeconfig: { file: join(LAB, 'kubeconfig') },
  ssh: { user: 'ops', port: 22, privateKey: { file: join(LAB, 'id_ed25519') }, knownHosts: { file: join(LAB, 'known_hosts') }, bastion: null, become: 'sudo' },
};
const openKube = createOpenKube();
const options = { openKube, now: Date.now };
const { cordonNode, drainNode, uncordonNode, waitNodeReady } = createNodeActivities(options);
const { acquireLease, releaseLease } = createLeaseActivities(options);

describe('the API of a real cluster', { timeout: 240_000 }, () => {
  let kube: Kube;
  let upgrade: UpgradeRef;
  let step: CordonInput;
  let name: string;

  before(async () => {
    kube = await openKube(access);
    upgrade = { cluster: 'lab', clusterUid: await kube.clusterUid(), id: `lab-${Date.now()}`, workflowId: 'upgrade/lab-test', access };
    name = await fullestWorker(kube);
    const node = await kube.getNode(name);
    assert.ok(node !== null);
    const version = node.status.nodeInfo.kubeletVersion;
    step = {
      upgrade, retry: 0, epochMs: 1, maxUnavailable: 1,
      node: { name, uid: node.metadata.uid, machineId: null, systemUuid: null, roles: ['worker'], address: name, port: 22, pool: 'default', zone: null, from: version, to: version, first: false, cordoned: false, changes: true },
    };
    // As an upgrade does before it cordons anything.
    await runActivity(acquireLease, { upgrade, by: 'ann@desk' }).result;
  });

  after(async () => {
    await runActivity(uncordonNode, { ...step, release: true }).result;
    await runActivity(releaseLease, { upgrade }).result;
  });

  test('the API is ready, and serves a page at a time', async () => {
    assert.deepEqual(await kube.failingReadyChecks(), []);
    assert.ok((await kube.listNodes()).length >= 2);
    assert.ok((await kube.listPods({ namespace: 'kube-system', labels: 'tier=control-plane' })).length >= 3);
  });

  test('a drain under a budget empties a worker, keeps the Deployment within its budget, and gives the node back', async () => {
    const drain: DrainStepInput['drain'] = { enabled: true, timeoutSeconds: 180, gracePeriodSeconds: -1, deleteEmptyDir: true, deleteBarePods: true, podSelector: null };
    assert.equal((await runActivity(cordonNode, step).result).changed, true);
    assert.equal((await kube.getNode(name))?.metadata.annotations?.[MARK], `upgrade/lab-test#${upgrade.id}/default`);
    const budgets = kube.follow({ kind: 'budgets' });
    let lowest = 0;
    let watching = true;
    const watched = (async () => {
      while (watching) {
        for (const { status } of budgets.items ?? []) if (status !== undefined) lowest = Math.min(lowest, status.currentHealthy - status.desiredHealthy);
        await budgets.changed();
      }
    })();
    const drained = await runActivity(drainNode, { ...step, drain }).result;
    assert.ok(drained.changed, 'there was nothing to evict');
    watching = false;
    budgets.close();
    await watched;
    assert.equal(lowest, 0, 'a budget was broken');
    const left = await kube.listPods({ node: name });
    assert.deepEqual(left.filter((pod) => pod.metadata.ownerReferences?.[0]?.kind === 'ReplicaSet').map((pod) => pod.metadata.name), []);
    assert.equal((await runActivity(drainNode, { ...step, drain }).result).changed, false);
    const ready = await runActivity(waitNodeReady, { ...step, restartedAt: null }).result;
    assert.ok(ready.seconds < 30);
    await runActivity(uncordonNode, { ...step, release: false }).result;
    const node = await kube.getNode(name);
    assert.ok(node !== null && isReady(node));
    assert.deepEqual([node.spec.unschedulable, node.metadata.annotations?.[MARK]], [undefined, undefined]);
  });

  test('a second upgrade of the same cluster is refused with who holds it', async () => {
    assert.equal((await runActivity(acquireLease, { upgrade, by: 'ann@desk' }).result).changed, false);
    const locked = await failureOf(runActivity(acquireLease, { upgrade: { ...upgrade, id: 'other', workflowId: 'upgrade/copy' }, by: 'bob' }).result);
    assert.equal(locked.type, 'ClusterLocked');
    assert.match(locked.message, /ann@desk/);
    assert.equal((await runActivity(releaseLease, { upgrade }).result).changed, true);
  });
});

/** The worker with the most pods of Deployments: drains leave them all on one side. */
async function fullestWorker(kube: Kube): Promise<string> {
  const pods = await kube.listPods({ namespace: 'lab' });
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec.nodeName;
    if (node !== undefined && pod.metadata.ownerReferences?.[0]?.kind === 'ReplicaSet') counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  const [fullest] = [...counts].toSorted(([, one], [, other]) => other - one);
  assert.ok(fullest !== undefined, 'the lab runs no Deployment');
  return fullest[0];
}
