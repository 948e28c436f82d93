import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createLeaseActivities } from '../../activities/lease/lease-activities.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { putCluster } from '../support/fake-control-plane.ts';
import { upgradeRef } from '../support/fake-objects.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const { acquireLease, releaseLease } = createLeaseActivities({ openKube: createOpenKube(), now: Date.now });

test('a cluster is locked by one upgrade, whatever name a spec gives it; the refusal says who, which, since when', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1'], 'v1.33.13');
    const mine = { upgrade: upgradeRef(api), by: 'ann@desk' };
    const other = { upgrade: { ...upgradeRef(api, 'u2'), cluster: 'copy', workflowId: 'upgrade/copy' }, by: 'bob@desk' };
    assert.equal((await runActivity(acquireLease, mine).result).changed, true);
    assert.equal((await runActivity(acquireLease, mine).result).changed, false);
    const locked = await failureOf(runActivity(acquireLease, other).result);
    assert.deepEqual([locked.type, locked.permanent], ['ClusterLocked', true]);
    assert.match(locked.message, /upgrade\/lab.*ann@desk at \d{4}-\d\d-\d\dT/);
    assert.match(locked.next ?? '', /capstan status --cluster lab.*capstan release lab/);
    assert.equal((await runActivity(releaseLease, other).result).changed, false);
    assert.equal((await runActivity(releaseLease, mine).result).changed, true);
    assert.equal((await runActivity(releaseLease, mine).result).changed, false);
    assert.equal((await runActivity(acquireLease, other).result).changed, true);
  } finally {
    await api.stop();
  }
});

test('a kubeconfig that leads to another cluster than the plan is refused', async () => {
  const api = await startFakeApi();
  try {
    putCluster(api, ['cp1'], 'v1.33.13');
    const failed = await failureOf(runActivity(acquireLease, { upgrade: { ...upgradeRef(api), clusterUid: 'another' }, by: 'ann' }).result);
    assert.equal(failed.type, 'ClusterMoved');
    assert.equal(api.get('leases', 'capstan-upgrade'), null);
  } finally {
    await api.stop();
  }
});
