import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearsedFindings } from '../../activities/preflight/rehearsed-drains.ts';
import type { RehearsedDrain } from '../../activities/preflight/rehearsed-drains.ts';
import { workerDiskFindings } from '../../activities/preflight/worker-disk-checks.ts';
import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { cluster, controlPlane, spec, worker } from '../domain/cluster.ts';
import { runActivity } from '../support/run-activity.ts';
import { fakeEtcd } from '../support/fake-control-plane.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

function dumpOf(pods: number): ClusterDump {
  const workload = { kind: 'Deployment', namespace: 'shop', name: 'web', replicas: pods, labels: {}, shape: 0, on: Array.from({ length: pods }, () => 0) } as const;
  return { clusterUid: 'uid', serverVersion: 'v1.33.13', nodes: [], shapes: [], workloads: [workload], budgets: [], etcdLeader: null, gaps: [] };
}

interface Case {
  readonly workers?: number;
  readonly drains?: readonly RehearsedDrain[];
  readonly pods?: number;
  readonly fails?: string;
}

async function findings({ workers = 1, drains = [], pods = 1, fails }: Case): Promise<{ readonly list: readonly Finding[]; readonly asked: readonly string[] }> {
  const own = spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: true, backup: null } });
  const planned = planUpgrade(own, cluster([controlPlane('cp1'), ...Array.from({ length: workers }, (_, index) => worker(`w${index + 1}`))]));
  assert.ok(planned.ok);
  const plan = hashPlan(planned.plan);
  const asked: string[] = [];
  const options = {
    describeCluster: async () => {
      asked.push('describe');
      return dumpOf(pods);
    },
    rehearse: async () => {
      asked.push('rehearse');
      if (fails !== undefined) throw new Error(fails);
      return drains;
    },
  };
  const list = await runActivity(() => rehearsedFindings(options, own, plan), undefined).result;
  return { list, asked };
}

const STUCK: RehearsedDrain = { node: 'w1', budget: 'shop/web', workloads: ['shop/web'], reason: 'needs 1 healthy pods and has 1' };

test('a drain that would not end warns by node, budget and workload, and never blocks', async () => {
  const { list } = await findings({ drains: [STUCK] });
  assert.deepEqual(list.map(({ check, severity, node, message }) => ({ check, severity, node, message })), [{
    check: 'drains-end', severity: 'warn', node: 'w1',
    message: 'The drain of w1 would not end: the PodDisruptionBudget shop/web lets no more pods of shop/web go (needs 1 healthy pods and has 1).',
  }]);
});

test('findings come in the order of nodes and budgets, whatever the order in which the rehearsal met them', async () => {
  const drains = [{ ...STUCK, node: 'w10' }, { ...STUCK, node: 'w2', budget: 'shop/z' }, { ...STUCK, node: 'w2', budget: 'shop/a' }];
  const { list } = await findings({ drains });
  assert.deepEqual(list.map(({ node, message }) => `${node} ${/Budget (\S+)/.exec(message)?.[1]}`), ['w2 shop/a', 'w2 shop/z', 'w10 shop/web']);
  assert.deepEqual((await findings({ drains: drains.toReversed() })).list, list);
});

test('what a drain refuses is left to the check of the pods themselves', async () => {
  const { list } = await findings({ drains: [{ ...STUCK, budget: null }] });
  assert.deepEqual(list.map(({ severity }) => severity), ['info']);
});

test('a cluster that would take long is not rehearsed, and that is said with the command that does it', async () => {
  const many = await findings({ workers: 60 });
  assert.deepEqual(many.asked, []);
  assert.match(many.list[0]?.message ?? '', /was not rehearsed here: 61 nodes .*capstan rehearse/);
  const full = await findings({ pods: 1_501 });
  assert.deepEqual(full.asked, ['describe']);
  assert.match(full.list[0]?.message ?? '', /was not rehearsed here: 1501 pods/);
});

test('a rehearsal that fails warns in its own words', async () => {
  const { list } = await findings({ fails: 'the dump has no nodes' });
  assert.deepEqual(list.map(({ severity, message }) => `${severity}: ${message}`), ['warn: Whether drains would end could not be rehearsed: the dump has no nodes']);
});

for (const { name, mib, severity } of [{ name: 'has room', mib: 1, severity: 'info' }, { name: 'has none', mib: 1024 ** 2 * 1024, severity: 'block' }] as const) {
  test(`the worker's own folder is asked for the size of the database: one that ${name}`, async () => {
    const etcd = fakeEtcd(['cp1', 'cp2', 'cp3']);
    const [first] = etcd.members;
    assert.ok(first !== undefined);
    const list = await workerDiskFindings(`${scratchFolder()}/not/there/yet`, { ...etcd, members: [{ ...first, dbSize: mib * 1024 * 1024 }] });
    assert.deepEqual(list.map((finding) => finding.severity), [severity]);
    assert.match(list[0]?.message ?? '', new RegExp(`${String(mib)} MiB`));
  });
}
