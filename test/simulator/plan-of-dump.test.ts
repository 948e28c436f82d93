import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { planOfDump } from '../../simulator/rehearse/plan-of-dump.ts';
import { spec } from '../domain/cluster.ts';

const OLD = 'v1.33.13';
const LABEL = { 'node-role.kubernetes.io/control-plane': '' };

interface Written {
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly object[];
  readonly info?: Readonly<Record<string, string>>;
  readonly ready?: string;
}

/** As `kubectl get -o json` writes a node, with as much of it as people leave in a dump that they pass on. */
function node(name: string, address: string, { labels = {}, taints = [], info = {}, ready = 'True' }: Written = {}): object {
  return {
    apiVersion: 'v1', kind: 'Node', metadata: { name, uid: `uid-${name}`, labels: { 'kubernetes.io/hostname': name, ...labels } }, spec: taints.length === 0 ? {} : { taints },
    status: { addresses: [{ type: 'InternalIP', address }], allocatable: { cpu: '8', memory: '16Gi', pods: '110' }, nodeInfo: { kubeletVersion: OLD, operatingSystem: 'linux', ...info }, conditions: [{ type: 'Ready', status: ready }] },
  };
}

function staticPods(name: string, components: readonly string[]): readonly object[] {
  return components.map((component) => ({
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name: `${component}-${name}`, namespace: 'kube-system', uid: `uid-${component}-${name}`, annotations: { 'kubernetes.io/config.mirror': 'x' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: `uid-${name}`, controller: true }],
    },
    spec: { nodeName: name, containers: [{ name: 'c', image: `registry.k8s.io/${component}:${component === 'etcd' ? '3.5.24-0' : OLD}` }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }));
}

const SERVER = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const ALL = [...SERVER, 'etcd'];

async function dump(context: TestContext, items: readonly object[], etcd = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-dump-'));
  context.after(() => rm(folder, { recursive: true }));
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system', uid: 'c' }, data: { ClusterConfiguration: `kind: ClusterConfiguration\nkubernetesVersion: ${OLD}\n${etcd}` } };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-cluster' } };
  await writeFile(join(folder, 'cluster.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items, config, namespace] }));
  return folder;
}

const THREE = ['cp1', 'cp2', 'cp3'];

test('a dump in which only one of three control-plane nodes has the label plans all three as such', async (context) => {
  const folder = await dump(context, [
    ...THREE.map((name, index) => node(name, `10.0.0.${index + 1}`, name === 'cp1' ? { labels: LABEL } : {})), node('w1', '10.0.0.11'), node('w2', '10.0.0.12'),
    ...THREE.flatMap((name) => staticPods(name, ALL)),
  ]);
  const result = await planOfDump(spec(), folder);
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(result.plan.nodes.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name), THREE);
  assert.equal(result.plan.etcd.members, 3);
  assert.deepEqual(result.dump.nodes.filter(({ controlPlane }) => controlPlane).map(({ name }) => name), THREE);
});

test('nodes of a dump that no machine of this driver is behind are left out of the plan, and nothing is moved to one that is away', async (context) => {
  const taints = [{ key: 'virtual-kubelet.io/provider', value: 'x', effect: 'NoSchedule' }];
  const folder = await dump(context, [
    ...THREE.map((name, index) => node(name, `10.0.0.${index + 1}`, { labels: LABEL })), ...THREE.flatMap((name) => staticPods(name, ALL)),
    ...['w1', 'w2', 'w3', 'w4'].map((name, index) => node(name, `10.0.0.${index + 11}`, { ready: name === 'w4' ? 'Unknown' : 'True' })),
    node('vk-old', '10.0.0.11', { taints, info: { kubeletVersion: 'v1.19.1-vk-x-v1.6.1' } }), node('vk-none', '10.0.0.11', { taints, info: { kubeletVersion: '' } }),
    node('win', '10.0.0.31', { info: { operatingSystem: 'windows', kubeletVersion: 'v1.30.0' } }),
  ]);
  const [pool] = spec().pools;
  assert.ok(pool !== undefined);
  const result = await planOfDump(spec({ pools: [{ ...pool, maxUnavailable: 2 }] }), folder);
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(result.plan.leftOut?.map(({ name, kind }) => [name, kind]), [['vk-none', 'foreign'], ['vk-old', 'foreign'], ['w4', 'unready'], ['win', 'foreign']]);
  assert.deepEqual(result.plan.phases.at(-1)?.groups, [['w1', 'w2', 'w3']]);
  assert.equal(result.dump.nodes.find(({ name }) => name === 'w4')?.unschedulable, true);
});

test('a dump without a mirror pod of etcd is refused, and not planned as if etcd were external', async (context) => {
  const folder = await dump(context, [node('cp1', '10.0.0.1', { labels: LABEL }), ...staticPods('cp1', SERVER)], 'etcd:\n  local:\n    dataDir: /var/lib/etcd\n');
  const result = await planOfDump(spec(), folder);
  assert.ok(!result.ok);
  assert.match(result.failures.map(({ message }) => message).join('\n'), /cp1 shows no static pod etcd/);
});

test('external etcd is planned with the evidence of a backup, and refused without it', async (context) => {
  const folder = await dump(context, [node('cp1', '10.0.0.1', { labels: LABEL }), ...staticPods('cp1', SERVER)], 'etcd:\n  external:\n    endpoints: [https://10.0.9.1:2379]\n');
  const without = await planOfDump(spec(), folder);
  assert.ok(!without.ok);
  assert.deepEqual(without.failures.map(({ path }) => path), ['spec.etcd.backup']);
  const backup = { takenAt: '2026-11-30T22:00:00Z', where: 's3://backups/prod.db', by: 'ops' };
  const named = await planOfDump(spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup } }), folder);
  assert.ok(named.ok, JSON.stringify(named));
  assert.deepEqual(named.plan.etcd.backup, backup);
});
