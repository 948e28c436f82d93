import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import { workloadName } from './describe.ts';
import type { BlockedDrain, PendingPods, RehearsalReport, RehearsedNode, Unavailable } from './report.ts';
import type { DrainRecord, NodeRecord, PendingRecord, RunRecord } from './run/record.ts';

export type Measured = Pick<RehearsalReport, 'outcome' | 'finish' | 'stagedSeconds' | 'held' | 'drains' | 'nodes' | 'pending' | 'evictions' | 'unavailable'>;

/** What several runs say together. */
export function summarise(runs: readonly RunRecord[], plan: UpgradePlan, dump: ClusterDump): Measured {
  const finishes = runs.map((run) => run.finishMs);
  const held = blockedDrains(runs, true);
  return {
    outcome: held.length > 0 ? 'held' : 'done',
    finish: { p50Seconds: secondsOf(percentile(finishes, 50)), p90Seconds: secondsOf(percentile(finishes, 90)) },
    stagedSeconds: secondsOf(percentile(runs.map((run) => run.stagedMs), 50)),
    held,
    drains: blockedDrains(runs, false),
    nodes: plan.nodes.filter((node) => node.changes).flatMap((node) => rehearsedNode(node, runs)).toSorted((left, right) => left.startSeconds - right.startSeconds || left.endSeconds - right.endSeconds),
    pending: pendingPods(runs),
    evictions: evictionsOf(runs),
    unavailable: unavailableOf(runs, dump),
  };
}

/** Nearest rank; 0 of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

function secondsOf(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function rehearsedNode({ name, roles, pool, zone }: PlannedNode, runs: readonly RunRecord[]): readonly RehearsedNode[] {
  const records = runs.flatMap((run) => run.nodes.get(name) ?? []);
  if (records.length === 0) return [];
  const of = (read: (record: NodeRecord) => number, percent = 50): number => secondsOf(percentile(records.map(read), percent));
  return [{
    name, roles, pool, zone,
    startSeconds: of((record) => record.startMs), endSeconds: of((record) => record.endMs), endP90Seconds: of((record) => record.endMs, 90),
    downSeconds: of((record) => record.downMs), drainSeconds: of((record) => record.drainMs),
    heldRuns: records.filter((record) => record.state === 'held').length,
  }];
}

function blockedDrains(runs: readonly RunRecord[], held: boolean): readonly BlockedDrain[] {
  const all = runs.flatMap((run) => run.drains.filter((drain) => drain.held === held));
  const groups = Map.groupBy(all, ({ node, budget, reason }) => `${node} ${budget ?? reason}`);
  return [...groups.values()].flatMap(blockedDrain).toSorted((left, right) => right.p50Seconds - left.p50Seconds || (left.node < right.node ? -1 : 1));
}

function blockedDrain(records: readonly DrainRecord[]): readonly BlockedDrain[] {
  const [first] = records;
  if (first === undefined) return [];
  const waits = records.map(({ waitedMs }) => waitedMs);
  const workloads = [...new Set(records.flatMap((record) => record.workloads))].toSorted();
  return [{
    node: first.node, budget: first.budget, workloads, reason: first.reason, runs: records.length,
    p50Seconds: secondsOf(percentile(waits, 50)), worstSeconds: secondsOf(Math.max(...waits)),
  }];
}

function pendingPods(runs: readonly RunRecord[]): readonly PendingPods[] {
  const groups = Map.groupBy(runs.flatMap((run, index) => run.pending.map((record) => ({ record, index }))), ({ record }) => record.workload);
  return [...groups].map(([workload, found]): PendingPods => {
    const byRun = [...Map.groupBy(found, ({ index }) => index).values()];
    const longest = found.map(({ record }) => record).toSorted((left, right) => waitOf(right) - waitOf(left))[0];
    const never = found.some(({ record }) => record.untilMs === null);
    return {
      workload, pods: Math.max(...byRun.map((records) => records.length)), reason: longest?.reason ?? '', runs: byRun.length,
      worstSeconds: never || longest === undefined ? null : secondsOf(waitOf(longest)), before: found.some(({ record }) => record.before),
    };
  }).toSorted((left, right) => (right.worstSeconds ?? Number.MAX_VALUE) - (left.worstSeconds ?? Number.MAX_VALUE) || (left.workload < right.workload ? -1 : 1));
}

function waitOf({ fromMs, untilMs }: PendingRecord): number {
  return untilMs === null ? Number.MAX_VALUE : untilMs - fromMs;
}

function evictionsOf(runs: readonly RunRecord[]): RehearsalReport['evictions'] {
  const pods = runs[0]?.evictions.pods ?? 0;
  const total = runs.reduce((sum, run) => sum + run.evictions.evictions, 0);
  const worst = runs.flatMap((run) => run.evictions.worst ?? []).toSorted((left, right) => right.times - left.times || (left.workload < right.workload ? -1 : 1))[0] ?? null;
  return { pods, perPod: pods === 0 ? 0 : Math.round((total / runs.length / pods) * 100) / 100, worst };
}

function unavailableOf(runs: readonly RunRecord[], dump: ClusterDump): Unavailable {
  const most = (read: (run: RunRecord) => ReadonlyMap<string, number>, key: string): number => Math.max(...runs.map((run) => read(run).get(key) ?? 0));
  const groups = [...new Set(runs.flatMap((run) => [...run.down.keys()]))].toSorted();
  const nodes = groups.map((group) => {
    const [pool = '', zone] = group.split('/');
    return { pool, zone: zone ?? null, most: most((run) => run.down, group) };
  });
  const replicas = dump.workloads.flatMap((workload) => {
    if (workload.kind === 'DaemonSet' || workload.replicas === 0) return [];
    const name = workloadName(workload);
    const fewest = Math.min(...runs.map((run) => run.available.get(name) ?? workload.replicas));
    return fewest >= workload.replicas ? [] : [{ workload: name, replicas: workload.replicas, most: workload.replicas - fewest }];
  });
  return { nodes, replicas: replicas.toSorted((left, right) => right.most / right.replicas - left.most / left.replicas || right.most - left.most || (left.workload < right.workload ? -1 : 1)) };
}
