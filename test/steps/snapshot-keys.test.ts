import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readLiveKeys } from '../../activities/restore/live-keys.ts';
import { readSnapshotKeys } from '../../activities/restore/snapshot-keys.ts';
import { objectOf, writtenSince } from '../../activities/restore/written.ts';
import { runActivity } from '../support/run-activity.ts';
import { withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import { plannedNode } from './inputs.ts';

/** Taken by etcdctl 3.5.35 of etcd 3.5.24: 400 pods of which one was changed and one deleted, a secret of 9 KB, and four others. */
const SNAPSHOT = join(import.meta.dirname, 'fixtures/etcd-3.5-snapshot.db.gz');

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'capstan-snapshot-'));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('the keys of a real snapshot are read with their last revisions, without what was deleted and what is not of Kubernetes', async (context) => {
  const file = join(folder(context), 'snapshot.db');
  writeFileSync(file, gunzipSync(readFileSync(SNAPSHOT)));

  const keys = await readSnapshotKeys(file);

  assert.equal(keys.size, 403);
  assert.deepEqual(['/registry/pods/team-0/web-1', '/registry/pods/team-0/web-2', '/registry/pods/team-3/web-400', '/registry/secrets/team-0/token', '/registry/minions/w1', 'compact_rev_key'].map((key) => keys.get(key)),
    [7, undefined, 5, 6, 12, undefined]);
});

test('a file that is no database of etcd, and a damaged one, are errors and no empty list', async (context) => {
  const file = join(folder(context), 'snapshot.db');
  for (const content of [Buffer.alloc(0), Buffer.from('etcd snapshot of 3.5.24\n'), Buffer.alloc(100_000), gunzipSync(readFileSync(SNAPSHOT)).fill(0, 8192, 90_000)]) {
    writeFileSync(file, content);
    await assert.rejects(readSnapshotKeys(file), /no database of etcd|neither a branch nor a leaf/);
  }
});

test('live keys are read page by page at one revision, and no value with them', async (context) => {
  const host = withEtcd(fakeHost('apt'), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => host.remove());
  const row = (key: string, revision: number): string => `{"key":"${Buffer.from(key).toString('base64')}","create_revision":1,"mod_revision":${revision},"version":1}`;
  host.set('etcd/keys', `{"header":{"cluster_id":18022164811104837654,"revision":42,"raft_term":2},"kvs":[${row('/registry/minions/w1', 9)},${row('/registry/clusterroles/system:"a b"', 11)}],"more":true,"count":3}\n`);
  host.set('etcd/keys-more', `{"header":{"revision":43},"kvs":[${row('/registry/clusterroles/system:"a b"', 11)},${row('/registry/pods/default/new', 40)}],"count":2}\n`);

  const keys = await runActivity(async () => readLiveKeys(host.hosts, plannedNode('cp1', 'control-plane')), undefined).result;

  assert.deepEqual([...keys], [['/registry/minions/w1', 9], ['/registry/clusterroles/system:"a b"', 11], ['/registry/pods/default/new', 40]]);
  assert.match(host.journal(), /^etcdctl get \/registry\/clusterroles\/system:"a b" \/registry0 --limit 5000 --keys-only -w json --rev=42$/m);
});

test('a member that does not answer is an error and no empty list', async (context) => {
  const host = fakeHost('apt');
  context.after(() => host.remove());
  await assert.rejects(runActivity(async () => readLiveKeys(host.hosts, plannedNode('cp1', 'control-plane')), undefined).result, /cp1: no etcd process runs on this host/);
});

test('keys are named as etcd has them: kind, namespace and name', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['/registry/pods/team/web', 'pods', 'team/web'], ['/registry/minions/w1', 'nodes', 'w1'], ['/registry/services/specs/team/web', 'services', 'team/web'],
    ['/registry/services/endpoints/team/web', 'endpoints', 'team/web'], ['/registry/example.com/widgets/team/one', 'example.com/widgets', 'team/one'],
    ['/registry/apiregistration.k8s.io/apiservices/v1.apps', 'apiregistration.k8s.io/apiservices', 'v1.apps'], ['/registry/ranges/serviceips', 'ranges', 'serviceips'],
  ];
  for (const [key, kind, name] of cases) assert.deepEqual(objectOf(key), { kind, name });
});

test('what was created, changed and deleted since is counted by kind, the most first, and the cluster\'s own writing last', () => {
  const before = new Map([['/registry/pods/a/kept', 1], ['/registry/pods/a/changed', 2], ['/registry/pods/a/gone', 3], ['/registry/configmaps/a/gone', 4], ['/registry/leases/a/one', 5], ['/registry/events/a/one', 6]]);
  const live = new Map([['/registry/pods/a/kept', 1], ['/registry/pods/a/changed', 9], ['/registry/pods/a/new', 10], ['/registry/leases/a/one', 11], ...Array.from({ length: 9 }, (_, at): [string, number] => [`/registry/events/a/${at}`, 12])]);
  assert.deepEqual(writtenSince(before, live), [
    { kind: 'pods', created: 1, changed: 1, deleted: 1, examples: ['a/new', 'a/gone'] },
    { kind: 'configmaps', created: 0, changed: 0, deleted: 1, examples: ['a/gone'] },
    { kind: 'events', created: 9, changed: 0, deleted: 1, examples: ['a/0', 'a/1', 'a/2', 'a/3', 'a/4'] },
    { kind: 'leases', created: 0, changed: 1, deleted: 0, examples: [] },
  ]);
  assert.deepEqual(writtenSince(before, before), []);
});

test('a key at another revision has changed, whichever of both is higher', () => {
  assert.deepEqual(writtenSince(new Map([['/registry/pods/a/b', 7]]), new Map([['/registry/pods/a/b', 6]])), [{ kind: 'pods', created: 0, changed: 1, deleted: 0, examples: [] }]);
});
