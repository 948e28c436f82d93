import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { snapshotFile, writeFacts } from '../../activities/etcd/snapshot-store.ts';
import type { SnapshotFacts } from '../../activities/etcd/snapshot-store.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import type { Pod } from '../../activities/kubernetes/objects.ts';
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
  /** Hosts named in `silent` do not answer. All nodes are one host here, which was upgraded: `kubelet` is what w2 has. */
  plan(snapshot?: string | null, kube?: Partial<Kube>, silent?: readonly string[], kubelet?: string): Promise<RestorePlan>;
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
    clusterUid: async () => 'uid', serverVersion: async () => 'v1.34.4', listPods: async () => [],
    listNodes: async () => NODES.map(({ name }) => ({ metadata: { name, uid: '', resourceVersion: '' }, spec: {}, status: { nodeInfo: { kubeletVersion: versionOf(name) } } })),
  };
  return {
    ...made, stateDir, file,
    facts: (change) => writeFacts(file, { ...facts, ...change }),
    plan: (snapshot = null, kube = {}, silent = [], kubelet = 'v1.33.13') => {
      const { hosts } = made.host;
      const asked: Hosts = {
        ...hosts,
        probe: async (host, ...rest) => {
          if (silent.includes(host.name)) throw stepError('HostUnreachable', 'no answer');
          const result = await hosts.probe(host, ...rest);
          return host.name === 'w2' ? { ...result, stdout: result.stdout.replace(/^kubelet .*/m, `kubelet ${kubelet}`) } : result;
        },
      };
      // Nothing else of the API is asked.
      const openKube = async () => ({ ...answers, ...kube }) as Kube;
      return runActivity(createPlanRestore({ openKube, openHosts: async () => asked, stateDir }), { spec: SPEC, snapshot }).result;
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

test('a worker goes back that the upgrade has begun to change, though its kubelet is still the former one', async (context) => {
  const { plan, host } = await place(context);
  const goingBack = async () => (await plan(null, {}, [], 'v1.33.13')).workers.map(({ name, from, to }) => [name, from, to]);
  const record = '/var/lib/capstan/u1/w2/record';
  for (const name of ['kubeadm', 'kubelet', 'kubectl']) host.put(`${record}/versions/${name}`, host.get(`installed/${name}`) ?? '');
  assert.deepEqual(await goingBack(), [['w1', 'v1.34.4', 'v1.33.13']]);

  for (const [path, text] of [['versions/kubeadm', '1.33.13-1.1\n'], ['changing', ''], ['repository/etc/apt/sources.list.d/other.list', 'former\n'], ['files/var/lib/kubelet/config.yaml', 'former\n']] as const) {
    const before = existsSync(join(host.root, record, path)) ? host.read(`${record}/${path}`) : null;
    host.put(`${record}/${path}`, text);
    assert.deepEqual(await goingBack(), [['w1', 'v1.34.4', 'v1.33.13'], ['w2', 'v1.33.13', 'v1.33.13']], path);
    if (before === null) rmSync(join(host.root, record, path));
    else host.put(`${record}/${path}`, before);
  }
});

test('a worker goes back whose kubelet is new on its host, though it has never reported', async (context) => {
  const { plan } = await place(context);
  const workers = async (kubelet: string) => (await plan(null, {}, [], kubelet)).workers.map(({ name, from, to }) => `${name} ${from} → ${to}`);
  assert.deepEqual(await workers('v1.34.4'), ['w1 v1.34.4 → v1.33.13', 'w2 v1.34.4 → v1.33.13']);
  assert.deepEqual(await workers('v1.33.13'), ['w1 v1.34.4 → v1.33.13']);
});

test('a worker that cannot be asked keeps nobody from a restore: it goes back unless the API says that its kubelet is old enough', async (context) => {
  const { plan } = await place(context);
  const { workers, unasked } = await plan(null, {}, ['w1', 'w2']);
  assert.deepEqual([workers.map(({ name, from }) => [name, from]), unasked], [[['w1', 'v1.34.4']], ['w2']]);
  const gone = async (): Promise<never> => { throw stepError('ApiUnreachable', 'no answer'); };
  assert.deepEqual((await plan(null, { clusterUid: gone }, ['w2'])).workers.map(({ name, from }) => [name, from]), [['w1', 'v1.34.4'], ['w2', 'v1.34.4']]);
});

test('a snapshot is named by its path or by its upgrade as well', async (context) => {
  const { plan, file } = await place(context);
  assert.equal((await plan('u1')).upgrade, 'u1');
  assert.equal((await plan(file)).upgrade, 'u1');
});

test('without an API the hosts say what runs, and only the comparison may be missing', async (context) => {
  const { plan, host } = await place(context);
  const gone = async (): Promise<never> => { throw stepError('ApiUnreachable', 'no answer'); };
  host.set('runs-etcd', null);

  const made = await plan(null, { clusterUid: gone });

  assert.equal(made.from, null);
  assert.deepEqual(made.nodes.map(({ from }) => from), ['v1.34.4']);
  assert.deepEqual(made.workers.map(({ name }) => name), ['w1']);
  assert.equal(made.written, null);
  assert.match(made.writtenUnknown ?? '', /no etcd member could be asked: cp1: no etcd process runs on this host/);
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

test('a node with a member that joined since is one too, whatever its labels', async (context) => {
  const { plan } = await place(context);
  const joined = { metadata: { name: 'cp9', uid: 'uid-cp9', resourceVersion: '' }, spec: {}, status: { nodeInfo: { kubeletVersion: 'v1.34.4' } } };
  const member: Pod = {
    metadata: { name: 'etcd-cp9', uid: '', resourceVersion: '', annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [{ kind: 'Node', name: 'cp9', uid: 'uid-cp9' }] },
    spec: { nodeName: 'cp9', containers: [{ name: 'etcd', command: ['etcd'] }] }, status: {},
  };
  const failure = await failureOf(plan(null, { listNodes: async () => [joined], listPods: async () => [member] }));
  assert.match(failure.message, /joined since the snapshot was taken have no record: cp9/);
});
