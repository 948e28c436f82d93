import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { snapshotFile, writeFacts } from '../../activities/etcd/snapshot-store.ts';
import type { SnapshotFacts } from '../../activities/etcd/snapshot-store.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import type { Kube } from '../../activities/kubernetes/port.ts';
import { createPlanRestore } from '../../activities/restore/plan-restore.ts';
import { stepError } from '../../activities/step-error.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { spec } from '../domain/cluster.ts';
import { plannedNode, UPGRADE } from './inputs.ts';
import { RECORD, upgradedHost } from './restore-host.ts';
import type { RestoreHost } from './restore-host.ts';

const SNAPSHOT = gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures/etcd-3.5-snapshot.db.gz')));
const NODES = [plannedNode('cp1', 'control-plane'), plannedNode('w1', 'worker'), plannedNode('w2', 'worker')];
const SPEC: UpgradeSpec = { ...spec(), name: 'prod', access: UPGRADE.access };

interface Place extends RestoreHost {
  readonly stateDir: string;
  readonly file: string;
  facts(change: Partial<SnapshotFacts>): Promise<void>;
  /** @param kubelet of w2, as its host says. */
  plan(snapshot?: string | null, kube?: Partial<Kube>, kubelet?: HostKubelet): Promise<RestorePlan>;
}

/** Version of the program on a host; `silent` is a host that cannot be asked. */
type HostKubelet = 'v1.34.4' | 'v1.33.13' | 'absent' | 'silent';

/** All nodes are one host here, which was upgraded: w2 has another kubelet. */
function withKubelet(hosts: Hosts, kubelet: HostKubelet): Hosts {
  return {
    ...hosts,
    probe: async (host, script, args, options) => {
      if (host.name === 'w2' && kubelet === 'silent') throw stepError('HostUnreachable', 'no route to w2');
      const result = await hosts.probe(host, script, args, options);
      return host.name === 'w2' ? { ...result, stdout: result.stdout.replace(/^kubelet .*/m, `kubelet ${kubelet === 'absent' ? '' : kubelet}`) } : result;
    },
  };
}

/** A worker that keeps the snapshot of the upgrade `u1`, and an API at v1.34.4 where w1 is upgraded and w2 is not. */
async function place(context: TestContext): Promise<Place> {
  const made = await upgradedHost(context);
  const stateDir = join(made.host.root, '../state-of-worker');
  const file = snapshotFile(stateDir, 'prod', 'u1');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, SNAPSHOT);
  const facts: SnapshotFacts = {
    upgrade: 'u1', cluster: 'prod', clusterUid: 'uid', node: 'cp1', etcdVersion: '3.5.24', sha256: createHash('sha256').update(SNAPSHOT).digest('hex'), bytes: SNAPSHOT.length,
    revision: 12, totalKeys: 413, hash: '1f', takenAt: '2026-11-21T12:00:00Z', restoredForTrial: true, nodes: NODES,
  };
  await writeFacts(file, facts);
  made.host.set('etcd/keys', '{"header":{"revision":99},"kvs":[],"count":0}\n');
  const versionOf = (name: string) => (name === 'w2' ? 'v1.33.13' : 'v1.34.4');
  const answers = {
    clusterUid: async () => 'uid', serverVersion: async () => 'v1.34.4',
    listNodes: async () => NODES.map(({ name }) => ({ metadata: { name, uid: '', resourceVersion: '' }, spec: {}, status: { nodeInfo: { kubeletVersion: versionOf(name) } } })),
  };
  return {
    ...made, stateDir, file,
    facts: (change) => writeFacts(file, { ...facts, ...change }),
    plan: (snapshot = null, kube = {}, kubelet = 'v1.33.13') => {
      // Nothing else of the API is asked.
      const openKube = async () => ({ ...answers, ...kube }) as Kube;
      return runActivity(createPlanRestore({ openKube, openHosts: async () => withKubelet(made.host.hosts, kubelet), stateDir }), { spec: SPEC, snapshot }).result;
    },
  };
}

test('a plan names the versions of both ways, the snapshot, the nodes, the workers that are too new, and what was written since', async (context) => {
  const { plan, file } = await place(context);

  const made = await plan();

  assert.deepEqual([made.cluster, made.clusterUid, made.upgrade, made.from, made.to], ['prod', 'uid', 'u1', 'v1.34.4', 'v1.33.13']);
  assert.deepEqual([made.snapshot.file, made.snapshot.revision, made.snapshot.etcdVersion], [file, 12, '3.5.24']);
  assert.deepEqual(made.nodes.map(({ name, from, to }) => [name, from, to]), [['cp1', 'v1.34.4', 'v1.33.13']]);
  assert.deepEqual(made.workers.map(({ name, from, to }) => [name, from, to]), [['w1', 'v1.34.4', 'v1.33.13']]);
  assert.deepEqual(made.written?.map(({ kind, deleted }) => [kind, deleted]), [['pods', 399], ['example.com/widgets', 1], ['nodes', 1], ['secrets', 1], ['services', 1]]);
});

test('a worker goes back whose kubelet is new on its host, though it has never reported, and one whose kubelet is half installed', async (context) => {
  const { plan, host } = await place(context);
  host.put(`${RECORD.replace('/cp1/', '/w2/')}/versions/kubelet`, '1.33.13-1.1\n');
  const workers = async (kubelet: HostKubelet) => (await plan(null, {}, kubelet)).workers.map(({ name, from, to }) => `${name} ${from} → ${to}`);

  assert.deepEqual(await workers('v1.34.4'), ['w1 v1.34.4 → v1.33.13', 'w2 v1.34.4 → v1.33.13']);
  assert.deepEqual(await workers('absent'), ['w1 v1.34.4 → v1.33.13', 'w2 v1.33.13 → v1.33.13']);
  assert.deepEqual(await workers('v1.33.13'), ['w1 v1.34.4 → v1.33.13']);
});

test('a worker whose host cannot be asked is what the API says of it, and without an API it is refused', async (context) => {
  const { plan } = await place(context);
  assert.deepEqual((await plan(null, {}, 'silent')).workers.map(({ name }) => name), ['w1']);
  const gone = async (): Promise<never> => { throw stepError('ApiUnreachable', 'no answer'); };
  const failure = await failureOf(plan(null, { clusterUid: gone }, 'silent'));
  assert.deepEqual([failure.type, failure.message], ['HostUnreachable', 'no route to w2']);
});

test('a snapshot is named by its path or by its upgrade as well', async (context) => {
  const { plan, file } = await place(context);
  assert.equal((await plan('u1')).upgrade, 'u1');
  assert.equal((await plan(file)).upgrade, 'u1');
});

test('without an API the hosts say what runs, and only the comparison may be missing', async (context) => {
  const { plan, host } = await place(context);
  const gone = async (): Promise<never> => { throw stepError('ApiUnreachable', 'no answer'); };
  host.put('/proc/42/comm', 'other\n');

  const made = await plan(null, { clusterUid: gone });

  assert.equal(made.from, null);
  assert.deepEqual(made.nodes.map(({ from }) => from), ['v1.34.4']);
  assert.deepEqual(made.workers.map(({ name }) => name), ['w1']);
  assert.equal(made.written, null);
  assert.match(made.writtenUnknown ?? '', /no etcd member could be asked: cp1: error: no etcd process runs on this host/);
});

test('a snapshot that is not there, not named well, damaged, without facts, or another cluster\'s is refused with the cause', async (context) => {
  const { plan, file, facts } = await place(context);
  const failing = async (snapshot: string | null = null, kube: Partial<Kube> = {}) => {
    const { type, message, next } = await failureOf(plan(snapshot, kube));
    assert.notEqual(next, undefined);
    return `${type}: ${message}`;
  };
  assert.match(await failing('u2'), /^FileMissing: There is no snapshot .*u2\.db/);
  assert.match(await failing('../u1'), /^SpecInvalid: "\.\.\/u1" is neither an absolute path nor the id of an upgrade/);
  assert.match(await failing(null, { clusterUid: async () => 'other' }), /^SnapshotInvalid: .* is of the cluster with the UID uid, and the API serves the cluster other/);

  await facts({ cluster: 'test' });
  assert.match(await failing(), /^SnapshotInvalid: .* is of the cluster test, not of prod/);

  await facts({});
  writeFileSync(file, 'changed');
  assert.match(await failing(), /^SnapshotInvalid: .* has the SHA-256 [0-9a-f]{64}, and was taken with [0-9a-f]{64}: it is damaged/);

  writeFileSync(file.replace(/db$/, 'json'), '{}');
  assert.match(await failing('u1'), /^SnapshotInvalid: The facts of the snapshot .* are not beside it, or not whole/);
  assert.match(await failing(), /^FileMissing: The worker's machine keeps no snapshot of the cluster prod/);
});

test('a node whose record is absent, damaged or of another kubelet is refused by name', async (context) => {
  const { plan, host, facts } = await place(context);
  await facts({ nodes: [...NODES, plannedNode('cp2', 'control-plane')] });
  const absent = await failureOf(plan());
  assert.equal(absent.type, 'HostStepFailed');
  assert.match(absent.message, /\ncp2: what this node was before its first change is not recorded in/);
  assert.doesNotMatch(absent.message, /cp1/);

  await facts({ nodes: NODES.map((node) => ({ ...node, from: 'v1.33.12' })) });
  assert.match((await failureOf(plan())).message, /cp1: its recorded kubelet package is 1\.33\.13-1\.1, and its kubelet was v1\.33\.12/);

  await facts({});
  host.put(`${RECORD}/files/etc/kubernetes/pki/apiserver.crt`, 'damaged\n');
  assert.match((await failureOf(plan())).message, /cp1: the record in .*record\/files is damaged/);
});

test('a control-plane node that joined since the snapshot is refused by name: its etcd would go on beside the restored one', async (context) => {
  const { plan } = await place(context);
  const joined = { metadata: { name: 'cp9', uid: '', resourceVersion: '', labels: { 'node-role.kubernetes.io/control-plane': '' } }, spec: {}, status: { nodeInfo: { kubeletVersion: 'v1.34.4' } } };
  const failure = await failureOf(plan(null, { listNodes: async () => [joined] }));
  assert.equal(failure.type, 'ClusterMoved');
  assert.match(failure.message, /joined since the snapshot was taken have no record: cp9/);
});
