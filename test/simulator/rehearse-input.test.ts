import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import { LAB_TIMINGS } from '../../simulator/timings.ts';
import { timingsOfReport } from '../../simulator/rehearse/timings-of-report.ts';
import { capstan, fakeClient } from '../cli/fake-client.ts';
import { dumpOfTwin, specText, writeDump } from './dump-of-twin.ts';

const CLUSTER = generateCluster({ name: 'prod', seed: 3, workers: 3, podsPerNode: 4 });
const FILES = dumpOfTwin(CLUSTER);
const TEXT = JSON.stringify(FILES['cluster.json'], null, 1);

/** What another cluster's kubeadm-config says. */
const OTHER_CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system' }, data: { ClusterConfiguration: 'kind: ClusterConfiguration\nclusterName: stage\nkubernetesVersion: v1.33.13\n' } };

const CASES = [
  { name: 'a file that is cut off', files: { ...FILES, 'cluster.json': TEXT.slice(0, 5_000) }, says: /cluster\.json(:\d+)? is not JSON/ },
  { name: 'an empty file', files: { ...FILES, 'cluster.json': '' }, says: /cluster\.json is empty/ },
  { name: 'a file of something else', files: { ...FILES, 'cluster.json': [1, 2] }, says: /cluster\.json is no object of the Kubernetes API/ },
  { name: 'a dump without nodes', files: { ...FILES, 'cluster.json': { items: [] } }, says: /holds no node\nNext: make it with:\n {2}kubectl get nodes,pods/ },
  { name: 'a dump without kubeadm-config', files: { 'cluster.json': FILES['cluster.json'], 'kube-system.json': FILES['kube-system.json'] }, says: /holds no ConfigMap kubeadm-config/ },
  { name: 'a folder without files', files: {}, says: /holds no file that ends in \.json/ },
  { name: 'the dump of a cluster with another name', files: { ...FILES, 'kubeadm-config.json': OTHER_CONFIG }, says: /is of another cluster than the spec's:\nmetadata\.name: the spec is of prod, and kubeadm-config in the dump says clusterName: stage\nNext: dump the cluster prod again/ },
] as const;

describe('rehearse and plan refuse a bad dump with its place and what to do, and ask no server', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capstan-rehearse-'));
    await writeFile(join(folder, 'cluster.yaml'), specText(CLUSTER));
  });
  after(() => rm(folder, { recursive: true }));

  async function run(command: string, dump: string, ...more: readonly string[]) {
    const client = fakeClient();
    const result = await capstan(client, [command, '-f', join(folder, 'cluster.yaml'), '--dump', dump, ...more]);
    assert.equal(client.inspected.length, 0);
    return result;
  }

  for (const [index, { name, files, says }] of CASES.entries()) {
    test(name, async () => {
      const dump = join(folder, `dump-${index}`);
      await writeDump(dump, files);
      for (const command of ['rehearse', 'plan']) {
        const { code, out, err } = await run(command, dump);
        assert.deepEqual([code, out], [1, '']);
        assert.match(err, says);
        assert.doesNotMatch(err, /\n\s+at /);
      }
    });
  }

  test('a folder that is not there', async () => {
    const { code, err } = await run('rehearse', join(folder, 'nowhere'));
    assert.equal(code, 1);
    assert.match(err, /nowhere is not there/);
  });

  test('a node that the spec names and the dump lacks, and a target behind the cluster', async () => {
    const dump = join(folder, 'whole');
    await writeDump(dump, FILES);
    await writeFile(join(folder, 'cluster.yaml'), `${specText(CLUSTER)}  nodes: [{name: cp1}, {name: far-away}]\n`);
    const other = await run('rehearse', dump);
    assert.equal(other.code, 1);
    assert.match(other.err, /cluster\.yaml:\d+: .*another cluster|another cluster than the spec's:\nspec\.nodes\[1\]\.name: far-away of the spec is not in it; its nodes are cp1, cp2/);
    await writeFile(join(folder, 'cluster.yaml'), specText({ name: 'prod', target: 'v1.32.1' }));
    const behind = await run('rehearse', dump);
    assert.equal(behind.code, 1);
    assert.match(behind.err, /v1\.32\.1/);
    await writeFile(join(folder, 'cluster.yaml'), specText(CLUSTER));
  });

  test('a file of the spec that is not such as it should be is said as a worker says it, with what to do', async () => {
    const dump = join(folder, 'whole');
    await writeDump(dump, FILES);
    await mkdir(join(folder, 'patches'), { recursive: true });
    await writeFile(join(folder, 'patches', 'etcd.yaml'), 'spec: {containers: [}\n');
    await writeFile(join(folder, 'patches', 'notes.txt'), 'x');
    await mkdir(join(folder, 'own'), { recursive: true });
    await writeFile(join(folder, 'own', 'etcd.yaml'), 'spec: null\n');
    await mkdir(join(folder, 'empty'), { recursive: true });
    await writeFile(join(folder, 'cni.yaml'), 'kind: [\n');
    for (const [more, says] of [
      ['kubeadm: {patches: {file: patches}}', /^error: .*spec\.kubeadm\.patches\.file: .*patches\/etcd\.yaml: line \d+: .*\nNext: Correct the file, or take it out of the folder/],
      ['kubeadm: {patches: {file: own}}', /own\/etcd\.yaml: it changes spec, which is kubeadm's own\nNext: Correct the file/],
      ['kubeadm: {patches: {file: empty}}', /it holds no patch\nNext: Put kubeadm's patch files there/],
      ['addons: [{name: cni, when: workers, manifest: {file: cni.yaml}}]', /cni\.yaml.*line \d+: .*\nNext: /s],
    ] as const) {
      await writeFile(join(folder, 'cluster.yaml'), `${specText(CLUSTER)}  ${more}\n`);
      for (const command of ['plan', 'rehearse']) {
        const { code, out, err } = await run(command, dump);
        assert.deepEqual([code, out], [1, ''], err);
        assert.match(err, says);
        assert.doesNotMatch(err, /unexpected|fault of capstan|\n\s+at /);
      }
    }
    await writeFile(join(folder, 'cluster.yaml'), specText(CLUSTER));
  });

  test('numbers that are none, and a report that is none', async () => {
    const dump = join(folder, 'whole');
    await writeDump(dump, FILES);
    for (const option of ['--runs', '--seed']) {
      const { code, err } = await run('rehearse', dump, option, 'x');
      assert.equal(code, 64);
      assert.match(err, /whole number/);
    }
    const { code, err } = await run('rehearse', dump, '--report', join(dump, 'kube-system.json'));
    assert.equal(code, 1);
    assert.match(err, /kube-system\.json is no report of an upgrade.*\nNext: give the output of `capstan report -o json`/s);
  });

  test('one file for each resource is as good as one List', async () => {
    const dump = join(folder, 'single');
    const { items } = JSON.parse(TEXT);
    const byKind = Map.groupBy<string, { readonly kind: string }>(items, ({ kind }) => kind);
    await writeDump(dump, { ...Object.fromEntries([...byKind].map(([kind, found]) => [`${kind}.json`, { apiVersion: 'v1', kind: 'List', items: found }])), 'kube-system.json': FILES['kube-system.json'], 'kubeadm-config.json': FILES['kubeadm-config.json'] });
    const whole = join(folder, 'whole');
    await writeDump(whole, FILES);
    const [one, other] = await Promise.all([run('plan', dump, '-o', 'json'), run('plan', whole, '-o', 'json')]);
    assert.equal(one.code, 2, one.err);
    assert.equal(one.out, other.out);
  });

  test('rehearse prints figures and timeline as a table, and one object as JSON', async () => {
    const dump = join(folder, 'whole');
    await writeDump(dump, FILES);
    const shown = await run('rehearse', dump, '--runs', '2');
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /^prod {2}v1\.33\.13 → v1\.34\.4, rehearsed 2 times on a twin of the dump \(seed 1\)\nDone after \d+m\d+s \(p50\)/);
    for (const name of CLUSTER.nodes.map((node) => node.name)) assert.match(shown.out, new RegExp(`^${name} +\\d.*█`, 'm'));
    assert.match(shown.out, /Evictions: \d\.\d\d per pod/);
    const json = await run('rehearse', dump, '--runs', '2', '-o', 'json');
    const report = JSON.parse(json.out);
    assert.equal(report.planHash, JSON.parse((await run('plan', dump, '-o', 'json')).out).hash);
    assert.deepEqual([report.outcome, report.runs, report.nodes.length], ['done', 2, 6]);
  });
});

test('times of an earlier report take the place of the lab\'s', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-report-'));
  try {
    const file = join(folder, 'report.json');
    const step = (name: string, seconds: number) => ({ step: name, startedAt: '2026-01-01T00:00:00Z', seconds, busySeconds: seconds, attempts: 1, note: '' });
    const node = (name: string, role: string, ...steps: readonly object[]) => ({ name, roles: [role], state: 'done', steps });
    await writeFile(file, JSON.stringify({
      steps: [step('snapshotEtcd', 9)],
      nodes: [
        node('cp1', 'control-plane', step('upgradeControlPlane', 300), { ...step('upgradeEtcdMember', 900), attempts: 3 }),
        ...['w1', 'w2', 'w3'].map((name, index) => node(name, 'worker', step('waitNodeReady', 22 + index))),
      ],
    }));
    const timings = await timingsOfReport(file);
    assert.equal(timings.kubeadmControlPlane.meanMs, 300_000);
    assert.equal(timings.nodeReady.meanMs, 21_000);
    assert.ok(timings.nodeReady.variation > 0.04 && timings.nodeReady.variation < 0.06);
    assert.equal(timings.snapshot.meanMs, 9_000);
    assert.equal(timings.kubeadmEtcd.meanMs, LAB_TIMINGS.kubeadmEtcd.meanMs, 'a step that was tried again says nothing of its time');
  } finally {
    await rm(folder, { recursive: true });
  }
});
