import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createSnapshotEtcd } from '../../activities/etcd/snapshot-etcd.ts';
import { parseTakenSnapshot } from '../../activities/etcd/taken-snapshot.ts';
import { snapshotBytes } from '../../simulator/hosts/etcd-snapshot.ts';
import { sumOf } from '../../simulator/hosts/recognised/record.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { UPGRADE } from './inputs.ts';
import { MEMBERS, etcdHost as host } from './etcd-host.ts';

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'capstan-state-'));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('a snapshot is taken on a follower, verified, and copied for its owner alone', async (context) => {
  const made = host(context);
  const stateDir = folder(context);
  const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir });
  const input = { upgrade: UPGRADE, members: MEMBERS, nodes: MEMBERS, etcd: { snapshot: { keep: 2 }, acceptOutage: false }, epochMs: 5 };

  const taken = await runActivity(snapshotEtcd, input).result;
  const again = await runActivity(snapshotEtcd, input).result;

  assert.equal(taken.node, 'cp1');
  assert.equal(taken.revision, 3742);
  assert.equal(taken.file, join(stateDir, 'snapshots/prod/u1.db'));
  assert.equal(statSync(taken.file).mode & 0o777, 0o600);
  assert.equal(statSync(join(stateDir, 'snapshots/prod')).mode & 0o777, 0o700);
  assert.deepEqual([again.changed, again.sha256], [false, taken.sha256]);
  assert.deepEqual(made.started, ['snapshotEtcd']);
});

test('a snapshot whose copy was changed is taken again', async (context) => {
  const made = host(context);
  const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir: folder(context) });
  const input = { upgrade: UPGRADE, members: MEMBERS, nodes: MEMBERS, etcd: { snapshot: { keep: 2 }, acceptOutage: false }, epochMs: 5 };
  const { file, sha256 } = await runActivity(snapshotEtcd, input).result;
  writeFileSync(file, 'something else');

  const again = await runActivity(snapshotEtcd, input).result;

  assert.deepEqual([again.changed, again.sha256], [true, sha256]);
});

test('a snapshot that takes long to compare is compared with heartbeats, and no longer than anybody waits', async (context) => {
  const stateDir = folder(context);
  const file = join(stateDir, 'snapshots/prod/u1.db');
  mkdirSync(dirname(file), { recursive: true });
  // A pipe: it is read as slowly as it is written.
  execFileSync('mkfifo', [file]);
  const facts = { upgrade: 'u1', cluster: 'prod', clusterUid: 'uid', node: 'cp1', etcdVersion: '3.5.24', sha256: sumOf('content of etcd'), bytes: 15, revision: 7, totalKeys: 1, hash: '1', takenAt: 'then', restoredForTrial: true, nodes: MEMBERS };
  writeFileSync(file.replace('.db', '.json'), JSON.stringify(facts));
  const snapshotEtcd = createSnapshotEtcd({ openHosts: () => Promise.reject(new Error('nobody is asked')), now: Date.now, stateDir });

  const running = runActivity(snapshotEtcd, SNAPSHOT);
  const pipe = await open(file, 'w');
  await running.heartbeat(({ message }) => message.startsWith('comparing the SHA-256 of '));
  await pipe.writeFile('content of etcd');
  await pipe.close();

  assert.deepEqual((await running.result).changed, false);
  assert.ok(running.heartbeats.length > 0);
});

test('the folder of snapshots is its owner\'s alone, whatever it was, and what a killed worker left of a copy goes away', async (context) => {
  const made = host(context);
  const stateDir = folder(context);
  const snapshots = join(stateDir, 'snapshots/prod');
  mkdirSync(snapshots, { recursive: true });
  for (const path of [join(stateDir, 'snapshots'), snapshots]) chmodSync(path, 0o755);
  for (const name of ['u1.db.partial-77', 'u0.db.partial-4', 'u9.db.partial-5', 'mine.partial-4', 'u8.db']) writeFileSync(join(snapshots, name), 'half');
  const anHourAgo = new Date(Date.now() - 3_600_000);
  for (const name of ['u1.db.partial-77', 'u0.db.partial-4', 'mine.partial-4']) utimesSync(join(snapshots, name), anHourAgo, anHourAgo);
  mkdirSync(join(made.root, 'var/lib/capstan/snapshots'), { recursive: true, mode: 0o755 });

  await runActivity(createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir }), SNAPSHOT).result;

  assert.deepEqual([join(stateDir, 'snapshots'), snapshots, join(made.root, 'var/lib/capstan/snapshots')].map((path) => statSync(path).mode & 0o777), [0o700, 0o700, 0o700]);
  // One that is written at this moment is another attempt's, and what was not ours stays.
  assert.deepEqual(readdirSync(snapshots).toSorted(), ['mine.partial-4', 'u1.db', 'u1.json', 'u8.db', 'u9.db.partial-5']);
});

test('only the newest snapshots are kept, on the worker and on the host', async (context) => {
  const made = host(context);
  const stateDir = folder(context);
  const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir });
  for (const epochMs of [1, 2, 3]) {
    const upgrade = { ...UPGRADE, id: `u${epochMs}` };
    await runActivity(snapshotEtcd, { upgrade, members: MEMBERS, nodes: MEMBERS, etcd: { snapshot: { keep: 2 }, acceptOutage: false }, epochMs }).result;
  }
  const kept = readdirSync(join(stateDir, 'snapshots/prod')).filter((name) => name.endsWith('.db'));
  assert.equal(kept.length, 2);
  assert.ok(kept.includes('u3.db'));
  assert.deepEqual(readdirSync(join(made.root, 'var/lib/capstan/snapshots')).sort(), ['u2.db', 'u3.db']);
});

test('an empty snapshot is no snapshot', async (context) => {
  const made = host(context);
  made.set('etcd/snapshot', '{"hash":1,"revision":0,"totalKey":0,"totalSize":20480}');
  const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir: folder(context) });

  const failure = await failureOf(runActivity(snapshotEtcd, { upgrade: UPGRADE, members: MEMBERS, nodes: MEMBERS, etcd: { snapshot: { keep: 2 }, acceptOutage: false }, epochMs: 5 }).result);

  assert.equal(failure.type, 'SnapshotInvalid');
});

const SNAPSHOT = { upgrade: UPGRADE, members: MEMBERS, nodes: MEMBERS, etcd: { snapshot: { keep: 2 }, acceptOutage: false }, epochMs: 5 } as const;

test('a snapshot is restored for trial in a folder of its own, which goes away again', async (context) => {
  const made = host(context);
  const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir: folder(context) });

  const taken = await runActivity(snapshotEtcd, SNAPSHOT).result;

  assert.match(taken.note, /restored for trial$/);
  assert.match(made.journal(), /etcdutl snapshot restore/);
  assert.deepEqual(readdirSync(join(made.root, 'var/lib/capstan/snapshots')), ['u1.db']);
});

for (const { name, files, says } of [
  { name: 'a snapshot that cannot be restored', files: { 'etcd/damaged': '' }, says: /the snapshot cannot be restored[\s\S]*expected sha256/ },
  { name: 'a snapshot that is restored to another revision', files: { 'etcd/restored': '{"hash":1,"revision":3741,"totalKey":1334,"totalSize":1}' }, says: /has the revision 3742, and what it is restored to has 3741/ },
]) {
  test(`${name} is no snapshot, and none is kept`, async (context) => {
    const made = host(context);
    for (const [path, text] of Object.entries(files)) made.set(path, text);
    const stateDir = folder(context);
    const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir });

    const failure = await failureOf(runActivity(snapshotEtcd, SNAPSHOT).result);

    assert.match(failure.message, says);
    assert.equal(existsSync(join(stateDir, 'snapshots/prod/u1.db')), false);
  });
}

test('without room for a second copy the snapshot is verified by the SHA-256 that it ends in, and says so', async (context) => {
  const made = host(context);
  made.set('free', '1000000');
  made.set('etcd/content', snapshotBytes([{ key: '/registry/x', revision: 3 }]));
  const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir: folder(context) });

  const taken = await runActivity(snapshotEtcd, SNAPSHOT).result;

  assert.match(taken.note, /not restored for trial: cp1 has no room for it; it ends in the SHA-256 of its data/);
  assert.doesNotMatch(made.journal(), /snapshot restore/);
});

const WHOLE_SNAPSHOT = snapshotBytes([{ key: '/registry/x', revision: 3 }]);

for (const { name, content } of [
  { name: 'was changed in its middle', content: changed(WHOLE_SNAPSHOT, 5000) },
  { name: 'was changed in its last byte', content: changed(WHOLE_SNAPSHOT, WHOLE_SNAPSHOT.length - 1) },
  { name: 'was cut off', content: WHOLE_SNAPSHOT.subarray(0, -4096) },
  { name: 'has no SHA-256 at its end', content: WHOLE_SNAPSHOT.subarray(0, -32) },
  { name: 'is empty', content: Buffer.alloc(0) },
]) {
  test(`without room for a second copy a snapshot that ${name} is refused`, async (context) => {
    const made = host(context);
    made.set('free', '1000000');
    made.set('etcd/content', content);
    const stateDir = folder(context);
    const snapshotEtcd = createSnapshotEtcd({ openHosts: async () => made.hosts, now: Date.now, stateDir });

    const failure = await failureOf(runActivity(snapshotEtcd, SNAPSHOT).result);

    assert.match(failure.message, /the snapshot is damaged: it does not end in the SHA-256 of its data/);
    assert.equal(existsSync(join(stateDir, 'snapshots/prod/u1.db')), false);
  });
}

function changed(content: Buffer, at: number): Buffer {
  const copy = Buffer.from(content);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

test('a snapshot of which the host does not say how it was verified is none', () => {
  const result = { file: '/f.db', sha256: 'a', bytes: 1, takenAt: 't', status: { hash: 1, revision: 3, totalKey: 1 } };
  assert.equal(parseTakenSnapshot(JSON.stringify({ ...result, trial: null })), null);
  assert.equal(parseTakenSnapshot(JSON.stringify({ ...result, trial: null, verified: 'trial' })), null);
  assert.equal(parseTakenSnapshot(JSON.stringify({ ...result, trial: null, verified: 'sum' }))?.revision, 3);
});
