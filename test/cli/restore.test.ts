import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CommandError } from '../../client/command-error.ts';
import { InspectionError } from '../../client/inspection-error.ts';
import { byHand } from '../../workflows/domain/restore-words.ts';
import { testPlan } from '../workflows/fake-cluster.ts';
import { testRestorePlan } from '../workflows/fake-restore.ts';
import { capstan, fakeClient, node, NOW, running, STARTED, testReport, testStatus } from './fake-client.ts';

const SPEC = 'examples/cluster.yaml';
const ENDED = { ...running('prod-eu'), state: 'failed', phase: 'failed', endedAt: STARTED };
const SHA = '0'.repeat(64);
const TABLE = [
  'test  v1.34.4 → v1.33.13: the whole cluster goes back, 3 control-plane nodes and 1 worker',
  '',
  'NODE   ROLES                FROM      TO',
  'cp1    etcd,control-plane   v1.34.4   v1.33.13',
  'cp2    etcd,control-plane   v1.34.4   v1.33.13',
  'cp3    etcd,control-plane   v1.34.4   v1.33.13',
  'w1     worker               v1.34.4   v1.33.13',
  '',
  'Snapshot /snapshots/prod-eu-v1.34.4-12345678.db of the upgrade prod-eu-v1.34.4-12345678',
  `  taken 2026-11-21 00:00:00Z, 12h10m ago; etcd 3.5.24, revision 1, SHA-256 ${SHA}`,
  '',
  'What was written since is LOST:',
  '',
  'KIND          CREATED   CHANGED   DELETED   SUCH AS',
  'deployments   1         0         0         shop/web',
  '',
].join('\n');

describe('restore', () => {
  test('shows what goes back and what is lost, and without a confirmation names the command that begins it', async () => {
    const client = fakeClient({ found: ENDED });
    const { code, out, err } = await capstan(client, ['restore', '-f', SPEC, '--reason', "it's broken"]);
    assert.equal(code, 64);
    assert.equal(out, TABLE);
    assert.equal(err, 'error: nothing was confirmed, so nothing was started\n'
      + `Next: what was written since the snapshot is lost; to begin: capstan restore -f ${SPEC} --snapshot prod-eu-v1.34.4-12345678 --confirm prod-eu --reason 'it'\\''s broken'\n`);
    assert.deepEqual(client.restored, []);
    assert.deepEqual(client.inspected.map(({ what, snapshot }) => [what, snapshot]), [['restore', undefined]]);
  });

  test('does not begin by another name', async () => {
    const client = fakeClient({ found: ENDED });
    const { code, err } = await capstan(client, ['restore', '-f', SPEC, '--snapshot', '/backup/s.db', '--confirm', 'prod']);
    assert.equal(code, 64);
    assert.match(err, /--confirm prod is not the name of the cluster, so nothing was started\nNext: .*--snapshot \/backup\/s\.db --confirm prod-eu\n$/);
    assert.deepEqual(client.restored, []);
  });

  test('confirmed, starts what was shown and says how to follow it', async () => {
    const client = fakeClient({ found: null });
    const { code, err } = await capstan(client, ['restore', '-f', SPEC, '--snapshot', 'u1', '--confirm', 'prod-eu', '--reason', 'errors rise']);
    assert.equal(code, 0);
    assert.match(err, /The restore of prod-eu has begun\. Follow it with: capstan watch --cluster prod-eu\nWeb UI: /);
    assert.equal(client.inspected[0]?.snapshot, 'u1');
    const [input] = client.restored;
    assert.deepEqual([input?.spec.name, input?.reason, input?.plan.snapshot.sha256, input?.plan.nodes.length, input?.plan.workers?.length], ['prod-eu', 'errors rise', SHA, 3, 1]);
    assert.ok(!JSON.stringify(input).includes('shop/web'));
  });

  test('is the plan itself as JSON', async () => {
    const { code, out } = await capstan(fakeClient(), ['restore', '-f', SPEC, '-o', 'json']);
    assert.equal(code, 64);
    assert.deepEqual(JSON.parse(out), testRestorePlan(testPlan(3, 2, 1), 'prod-eu-v1.34.4-12345678', ['w1']));
  });

  test('says so where it is not known what is lost', async () => {
    const plan = { ...testRestorePlan(testPlan(3, 0, 1), 'u1', []), from: null, written: null, writtenUnknown: 'no member answers' };
    const { out } = await capstan(fakeClient({ restore: plan }), ['restore', '-f', SPEC]);
    assert.match(out, /^test {2}no API server answers → v1\.33\.13: .* 0 workers\n/);
    assert.match(out, /What was written since is LOST, and cannot be listed: no member answers\n$/);
    assert.match((await capstan(fakeClient({ restore: { ...plan, written: [] } }), ['restore', '-f', SPEC])).out, /Nothing was written since\.\n$/);
  });

  test('names the workers that could not be asked', async () => {
    const plan = { ...testRestorePlan(testPlan(3, 0, 1), 'u1', []), unasked: ['w2', 'w3'] };
    assert.match((await capstan(fakeClient({ restore: plan }), ['restore', '-f', SPEC])).out, /\n\nLeft as they are, since their hosts do not answer: w2, w3\. By the API/);
  });

  test('is refused beside an upgrade that runs, which takes the cluster back itself', async () => {
    const client = fakeClient({ found: running('prod-eu') });
    const { code, err } = await capstan(client, ['restore', '-f', SPEC, '--confirm', 'prod-eu']);
    assert.equal(code, 1);
    assert.match(err, /runs already: started by ada@ops-1 .*\nNext: it takes the cluster back itself: capstan rollback --scope cluster --confirm prod-eu\n$/);
    assert.deepEqual([client.inspected, client.restored], [[], []]);
  });

  test('ends with the failure of the worker where there is nothing to restore', async () => {
    const failure = { type: 'SnapshotInvalid', message: 'the SHA-256 of /s.db is not the one that was recorded', next: 'take another snapshot' } as const;
    const { code, err } = await capstan(fakeClient({}, { inspect: () => Promise.reject(new InspectionError(failure)) }), ['restore', '-f', SPEC]);
    assert.equal(code, 1);
    assert.match(err, /SHA-256 of \/s\.db.*\nNext: take another snapshot/);
  });

  test('followed, ends with 5 and says at what the cluster is', async () => {
    const back = { to: 'v1.33.13', snapshot: '/s.db', takenAt: NOW };
    const client = fakeClient({ status: [testStatus({ state: 'rolled-back', phase: 'rolled-back', restore: back, nodes: [node('cp1', { state: 'rolled-back', from: 'v1.33.13', to: 'v1.33.13' })] })] }, { ended: async () => testReport() });
    const { code, err } = await capstan(client, ['restore', '-f', SPEC, '--confirm', 'prod-eu', '--wait']);
    assert.equal(code, 5);
    assert.match(err, /prod-eu is back at v1\.33\.13, as it was at 2026-11-21 12:10:00Z\./);
  });
});

describe('rollback --scope cluster', () => {
  test('shows the same, and without a confirmation names the command', async () => {
    const client = fakeClient({ found: running('prod-eu') });
    const { code, out, err } = await capstan(client, ['rollback', '--scope', 'cluster']);
    assert.equal(code, 64);
    assert.equal(out, TABLE);
    assert.match(err, /nothing was confirmed, so nothing was started\nNext: .*to begin: capstan rollback --scope cluster --confirm prod-eu\n$/);
    assert.equal((await capstan(client, ['rollback', '--scope', 'cluster', '--confirm', 'other'])).code, 64);
    assert.deepEqual(client.sent, []);
    assert.deepEqual(client.inspected[0], { spec: client.inspected[0]?.spec, what: 'restore', snapshot: 'prod-eu-v1.34.4-12345678' });
  });

  test('confirmed, asks the upgrade', async () => {
    const client = fakeClient({ found: running('prod-eu') });
    const { code, err } = await capstan(client, ['rollback', '--scope', 'cluster', '--confirm', 'prod-eu', '--reason', 'errors rise']);
    assert.equal(code, 0);
    assert.match(err, /goes back to v1\.33\.13: nodes in flight land first, .*capstan watch --cluster prod-eu\n$/);
    assert.deepEqual(client.sent, [{ kind: 'rollback', message: { scope: 'cluster', confirm: 'prod-eu', by: client.sent[0]?.message.by, reason: 'errors rise' } }]);
  });

  test('ends with the reason where the upgrade refuses it', async () => {
    const client = fakeClient({ found: running('prod-eu') }, { update: () => Promise.reject(new CommandError('this upgrade has not changed the control plane')) });
    const { code, err } = await capstan(client, ['rollback', '--scope', 'cluster', '--confirm', 'prod-eu']);
    assert.equal(code, 1);
    assert.match(err, /has not changed the control plane/);
  });

  for (const state of ['done', 'failed', 'cancelled'] as const) {
    test(`names the restore by its snapshot where the upgrade has ended: ${state}`, async () => {
      const client = fakeClient({ found: { ...ENDED, state }, running: [] });
      const { code, err } = await capstan(client, ['rollback', '--scope', 'cluster', '--confirm', 'prod-eu']);
      assert.equal(code, 1);
      assert.equal(err, `error: the upgrade of prod-eu has ended: ${state}. Its snapshot is still a way back\nNext: capstan restore -f FILE --snapshot prod-eu-v1.34.4-12345678 --confirm prod-eu\n`);
      assert.match((await capstan(client, ['rollback', '--scope', 'cluster', '-f', SPEC])).err, /Next: capstan restore -f examples\/cluster\.yaml --snapshot prod-eu-v1\.34\.4-12345678 --confirm prod-eu/);
    });
  }

  for (const [args, says] of [
    [['rollback', 'cp1', '--scope', 'cluster'], /takes all of them, and cp1 is named as well/], [['rollback', 'w1', '--confirm', 'prod-eu'], /--confirm is for --scope cluster/],
    [['rollback', '--scope', 'all'], /Allowed choices are node, workers, cluster/],
  ] as const) {
    test(`is not asked for what says nothing that could be done: ${args.join(' ')}`, async () => {
      const client = fakeClient({ found: running('prod-eu') });
      const { code, err } = await capstan(client, args);
      assert.equal(code, 64);
      assert.match(err, says);
      assert.deepEqual(client.sent, []);
    });
  }
});

test('status of a held restore names the node, the step, the same by hand, and nothing that a restore refuses', async () => {
  const failure = { type: 'HostStepFailed', message: 'no room is left on the disk', next: byHand('restoreControlPlane', 'cp1', 'u1') } as const;
  const held = testStatus({
    state: 'held', phase: 'rolling-back', from: 'v1.34.4', to: 'v1.33.13', restore: { to: 'v1.33.13', snapshot: '/s.db', takenAt: NOW },
    nodes: [node('cp1', { state: 'held', step: 'restoreControlPlane', roles: ['etcd', 'control-plane'], failure }), node('w1', { state: 'held', step: 'restoreWorker' })],
  });
  const { out } = await capstan(fakeClient({ status: [held] }), ['status']);
  assert.match(out, /cp1 is held at restoreControlPlane: HostStepFailed: no room is left on the disk\n {2}Next: By hand on cp1: move the restored member .*\/var\/lib\/capstan\/u1\/cp1\/record.*\n {2}Then: capstan retry cp1 --cluster prod-eu\n/);
  assert.match(out, /w1 is held at restoreWorker: .*\n {2}Then: capstan retry w1 --cluster prod-eu, or capstan skip w1 --cluster prod-eu/);
});
