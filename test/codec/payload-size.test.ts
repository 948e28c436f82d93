import { defaultPayloadConverter } from '@temporalio/common';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { compressingCodec } from '../../codec/compress.ts';
import { NODE_NOTES } from '../../workflows/domain/amend-node.ts';
import { bounded } from '../../workflows/domain/resume-report.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { MOST_DECISIONS, withDecision } from '../../workflows/domain/decision.ts';
import { packRun, unpackRun } from '../../workflows/domain/run-pack.ts';
import { addTimes, DETAILED_NODES, newClusterRun, timesOf } from '../../workflows/domain/run.ts';
import type { ClusterRun } from '../../workflows/domain/run.ts';
import { reportOf, statusOf } from '../../workflows/domain/run-status.ts';
import { isRestoreStep, NODE_STEPS } from '../../workflows/domain/state.ts';
import { cluster, controlPlane, pool, spec, worker } from '../domain/cluster.ts';

const START = Date.UTC(2026, 10, 21, 7);
const KIB = 1024;

/** Names, identities and addresses as a cloud gives them: little in them repeats. */
function plan(nodes: number): UpgradePlan {
  const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
  const controlPlanes = Array.from({ length: 3 }, (_, index) => controlPlane(`ip-10-0-0-${index}.eu-west-1.compute.internal`, { uid: randomUUID(), address: `10.0.0.${index}` }));
  const workers = Array.from({ length: nodes - 3 }, (_, index) => {
    const address = `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    return worker(`ip-${address.replaceAll('.', '-')}.eu-west-1.compute.internal`, { uid: randomUUID(), address, labels: { 'topology.kubernetes.io/zone': zones[index % 3] ?? '' } });
  });
  const result = planUpgrade(spec({ pools: [{ ...pool('default', '10%'), maxUnavailablePerZone: '10%' }] }), cluster([...controlPlanes, ...workers]));
  assert.ok(result.ok);
  return { ...result.plan, hash: 'f'.repeat(64) };
}

/** All nodes but those in flight done, each step with times that nobody can guess. */
function late(of: UpgradePlan): ClusterRun {
  const run = newClusterRun('prod-v1.34.4-12345678', of, new Date(START).toISOString());
  for (const [index, node] of run.nodes.entries()) {
    const begin = START + index * 1_700;
    const steps = NODE_STEPS.filter((step) => step !== 'cordonNode' && !isRestoreStep(step) && (index < 3 || !/Etcd|Control/.test(step))).map((step, place) => ({
      step, startedAt: new Date(begin + place * 9_000 + Math.floor(Math.random() * 9_000)).toISOString(), seconds: Math.floor(Math.random() * 9_000) / 1000,
      busySeconds: Math.floor(Math.random() * 4_000) / 1000, attempts: index % 100 === 0 ? 2 : 1, note: `kubelet and kubectl 1.33.13-1.1 → 1.34.4-1.1, ${index} pods evicted`,
    }));
    addTimes(run, node, timesOf(steps, of.nodes.length <= DETAILED_NODES));
    Object.assign(node, { state: index % 50 === 7 ? 'preparing' : 'done', inFlight: index % 50 === 7, staged: true, since: new Date(begin + Math.floor(Math.random() * 60_000)).toISOString() });
  }
  for (const [index, node] of run.nodes.entries()) if (index % 40 === 9) node.note = NODE_NOTES[index % NODE_NOTES.length] ?? null;
  const grown = bounded(of.nodes.map(({ name }) => `${name}: new in pool default, at v1.33.13 ${randomUUID()}`));
  run.begun = false;
  run.approval = { planHash: 'e'.repeat(64), kind: 'growth', reason: 'the plan grew', growth: grown };
  run.resumed = { at: new Date(START).toISOString(), by: 'ada@ops', changes: grown, problem: null };
  for (let index = 0; index < MOST_DECISIONS + 5; index += 1) {
    run.decisions = withDecision(run.decisions, {
      at: new Date(START + index * 60_000).toISOString(), kind: 'retry', node: of.nodes[index % of.nodes.length]?.name ?? null, by: `ada-${index}@ops-${index}`,
      reason: `${randomUUID()} ${randomUUID()} ${randomUUID()}`, detail: 'from upgradeKubelet', refusal: index % 9 === 0 ? 'w1 is pending, not held' : null,
    });
  }
  return run;
}

async function storedKib(value: unknown): Promise<number> {
  const [stored] = await compressingCodec.encode([defaultPayloadConverter.toPayload(value)]);
  return (stored?.data?.length ?? 0) / KIB;
}

describe('payloads', () => {
  // Temporal warns from 512 KiB on. A node's UID and the id of its machine are random, and make up half of it.
  for (const { nodes, kib } of [{ nodes: 100, kib: 32 }, { nodes: 5_000, kib: 384 }]) {
    it(`take at most ${kib} KiB each at ${nodes} nodes`, async () => {
      const of = plan(nodes);
      const run = late(of);
      const now = new Date(START + 3_600_000).toISOString();
      const sizes = {
        plan: await storedKib({ plan: of }),
        start: await storedKib({ spec: spec(), plan: of, by: 'ada@ops' }),
        continued: await storedKib({ spec: spec(), plan: of, by: 'ada@ops', resume: packRun(run) }),
        status: await storedKib(statusOf(run, 'ada@ops')),
        report: await storedKib(reportOf(run, 'ada@ops', now)),
        drains: await storedKib({ allowed: Array.from({ length: 200 }, (_, index) => index % 7), rows: of.nodes.map((_, index) => [30 + (index % 40), index % 200, 1 + (index % 3), (index * 7) % 200, 2]) }),
      };
      for (const [what, size] of Object.entries(sizes)) assert.ok(size <= kib, `${what}: ${size.toFixed(1)} KiB of ${kib}; all: ${JSON.stringify(sizes)}`);
      if (process.env['CAPSTAN_SHOW_SIZES'] !== undefined) process.stdout.write(`${nodes} nodes: ${JSON.stringify(sizes)}\n`);
    });
  }

  it('of a continued upgrade carry all that it remembers', () => {
    for (const nodes of [20, 300]) {
      const of = plan(nodes);
      const run = late(of);
      const back = unpackRun(JSON.parse(JSON.stringify(packRun(run))), of);
      assert.deepEqual(back, run);
    }
  });
});
