import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { evictionAnswer } from '../../activities/kubernetes/eviction.ts';
import { selects } from '../../activities/kubernetes/selector.ts';
import { failure, startFakeApi } from '../support/fake-api.ts';
import { fakeNode, fakePod } from '../support/fake-objects.ts';
import { failureOf } from '../support/run-activity.ts';

const openKube = createOpenKube({ pollMs: 100 });

test('hundreds of calls share a few connections', async () => {
  const api = await startFakeApi();
  try {
    api.put('nodes', fakeNode('w1'));
    const kube = await openKube(api.access);
    for (let call = 0; call < 300; call += 1) await kube.getNode('w1');
    assert.ok(api.connections <= 3, `${api.connections} connections`);
    assert.equal(await openKube(api.access), kube);
  } finally {
    await api.stop();
  }
});

test('a list longer than a page is read to its end', async () => {
  const api = await startFakeApi();
  try {
    for (let index = 0; index < 1201; index += 1) api.put('nodes', fakeNode(`w${index}`));
    const kube = await openKube(api.access);
    assert.equal((await kube.listNodes()).length, 1201);
    assert.equal(api.requests.filter((request) => request === 'GET /api/v1/nodes').length, 3);
  } finally {
    await api.stop();
  }
});

test('each refusal of the API has its own failure, which says verb and resource', async () => {
  const api = await startFakeApi();
  try {
    const kube = await openKube(api.access);
    const cases = [
      { answer: failure(403, 'Forbidden', 'nodes "w1" is forbidden'), type: 'ApiForbidden', permanent: true, says: /forbids get .*nodes\/w1/ },
      { answer: failure(401, 'Unauthorized', 'Unauthorized'), type: 'ApiForbidden', permanent: true, says: /401/ },
      { answer: failure(503, 'ServiceUnavailable', 'starting'), type: 'ApiUnreachable', permanent: false, says: /503.*starting/ },
      { answer: failure(429, 'TooManyRequests', 'slow down'), type: 'ApiUnreachable', permanent: false, says: /429/ },
      { answer: 'cut' as const, type: 'ApiUnreachable', permanent: false, says: /get .*nodes\/w1/ },
    ];
    for (const { answer, type, permanent, says } of cases) {
      api.intercept(() => answer);
      const found = await failureOf(kube.getNode('w1'));
      assert.deepEqual([found.type, found.permanent], [type, permanent]);
      assert.match(found.message, says);
      assert.doesNotMatch(found.message, /not-a-secret/);
    }
  } finally {
    await api.stop();
  }
});

test('a missing kubeconfig is named by its path in the spec', async () => {
  const api = await startFakeApi();
  try {
    const { kubeconfig } = api.access;
    assert.ok('file' in kubeconfig);
    rmSync(kubeconfig.file);
    const missing = await failureOf(openKube(api.access));
    assert.equal(missing.type, 'FileMissing');
    assert.match(missing.message, /spec\.access\.kubeconfig\.file/);
    const unset = await failureOf(openKube({ ...api.access, kubeconfig: { env: 'CAPSTAN_TEST_UNSET' } }));
    assert.match(unset.message, /CAPSTAN_TEST_UNSET/);
  } finally {
    await api.stop();
  }
});

test('a change is refused where the node has changed since it was read', async () => {
  const api = await startFakeApi();
  try {
    api.put('nodes', fakeNode('w1'));
    const kube = await openKube(api.access);
    const read = await kube.getNode('w1');
    assert.ok(read !== null);
    api.update('nodes', 'w1', (node) => node);
    const change = { resourceVersion: read.metadata.resourceVersion, unschedulable: true, annotations: {} };
    assert.equal(await kube.changeNode('w1', change), 'conflict');
    assert.equal(await kube.changeNode('w9', change), 'absent');
  } finally {
    await api.stop();
  }
});

test('what is followed shows changes, survives cuts, and lists anew where its version is forgotten', async () => {
  const api = await startFakeApi();
  const kube = await openKube(api.access);
  const pods = kube.follow({ kind: 'pods', node: 'w1' });
  try {
    const seen = async (count: number): Promise<void> => {
      for (;;) {
        const changed = pods.changed();
        if (pods.items?.length === count) return;
        await changed;
      }
    };
    await seen(0);
    api.put('pods', fakePod('a', 'w1'));
    api.put('pods', fakePod('other', 'w2'));
    await seen(1);
    api.cut();
    api.put('pods', fakePod('b', 'w1'));
    await seen(2);
    api.compact();
    api.put('pods', fakePod('c', 'w1'));
    await seen(3);
    api.remove('pods', 'a');
    await seen(2);
  } finally {
    pods.close();
    await api.stop();
  }
});

test('a watch that stalls is caught by the list behind it', async () => {
  const api = await startFakeApi();
  const kube = await openKube(api.access);
  api.intercept(({ query }) => (query.get('watch') === 'true' ? 'hang' : null));
  const pods = kube.follow({ kind: 'pods', node: 'w1' });
  try {
    api.put('pods', fakePod('a', 'w1'));
    while (pods.items?.length !== 1) await pods.changed();
  } finally {
    pods.close();
    await api.stop();
  }
});

test('those who follow the same subject share one watch', async () => {
  const api = await startFakeApi();
  const kube = await openKube(api.access);
  const followers = Array.from({ length: 5 }, () => kube.follow({ kind: 'budgets' }));
  try {
    for (const follower of followers) while (follower.items === null) await follower.changed();
    for (const follower of followers.slice(1)) follower.close();
    assert.ok(api.requests.filter((request) => request.endsWith('?watch')).length <= 1);
    const [first] = followers;
    api.put('poddisruptionbudgets', { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web' }, spec: {} });
    while (first?.items?.length !== 1) await first?.changed();
  } finally {
    for (const follower of followers) follower.close();
    await api.stop();
  }
});

test('an eviction is answered by what the API says, not by its status alone', () => {
  const budget = { message: "Cannot evict pod as it would violate the pod's disruption budget.", details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 5 healthy pods and has 5 currently' }] } };
  const answers = [
    { status: 201, refusal: {}, kind: 'accepted' },
    { status: 404, refusal: { message: 'pods "a" not found' }, kind: 'gone' },
    { status: 409, refusal: { message: 'Precondition failed: UID in precondition: x, UID in object meta: y' }, kind: 'gone' },
    { status: 429, refusal: budget, kind: 'protected' },
    { status: 429, refusal: { message: 'too many requests, please try again later' }, kind: 'refused' },
    { status: 500, refusal: { message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' }, kind: 'several-budgets' },
    { status: 500, refusal: { message: 'failed calling webhook' }, kind: 'refused' },
    { status: 403, refusal: { message: 'admission webhook "x" denied the request' }, kind: 'refused' },
    { status: 403, refusal: { message: 'pods "a" is forbidden: User cannot create resource "pods/eviction"' }, kind: null },
  ];
  for (const { status, refusal, kind } of answers) assert.equal(evictionAnswer(status, refusal, null)?.kind ?? null, kind, refusal.message ?? '');
  const named = evictionAnswer(429, budget, 10_000);
  assert.ok(named?.kind === 'protected');
  assert.deepEqual([named.budget, named.retryAfterMs], ['web', 10_000]);
});

test('a selector chooses as the API does', () => {
  const labels = { app: 'web', tier: 'front' };
  assert.equal(selects({}, labels), true);
  assert.equal(selects(null, labels), false);
  assert.equal(selects({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }] }, labels), true);
  assert.equal(selects({ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, labels), true);
  assert.equal(selects({ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, labels), false);
  assert.equal(selects({ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, labels), false);
});
