import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { Timings } from '../description.ts';
import { LAB_TIMINGS } from '../timings.ts';
import { describeTwin } from './describe.ts';
import type { BlockedDrain, RehearsalReport } from './report.ts';
import type { RunRecord } from './run/record.ts';
import { runUpgrade } from './run/run-upgrade.ts';
import { summarise } from './summarise.ts';
import { timingsOfReport } from './timings-of-report.ts';

export { DUMP_COMMANDS } from './dump-files.ts';
export { planOfDump } from './plan-of-dump.ts';
export type { PlanOfDump } from './plan-of-dump.ts';
export { RehearsalError } from './rehearsal-error.ts';
export type { BlockedDrain, PendingPods, RehearsalReport, RehearsedNode } from './report.ts';

/** Runs where nobody says how many, by the pods of the cluster: each pod costs time. */
const DEFAULT_RUNS = [[2_000, 20], [10_000, 10], [Number.POSITIVE_INFINITY, 5]] as const;

export interface RehearsalOptions {
  readonly spec: UpgradeSpec;
  readonly plan: UpgradePlan;
  readonly dump: ClusterDump;
  readonly source: RehearsalReport['source'];
  /** Default 1. The same seed gives the same report. */
  readonly seed?: number;
  /** Upgrades that are run, each with times of its own. Default 20; 10 above 2,000 pods, 5 above 10,000. */
  readonly runs?: number;
  /** `capstan report -o json` of an earlier upgrade, to take times from. Default: as measured on the lab. */
  readonly reportFile?: string;
  /** Times of steps, in the place of both. */
  readonly timings?: Timings;
  /** Told after each run. */
  readonly onRun?: (done: number, runs: number) => void;
}

/**
 * Runs the whole upgrade on a twin of the cluster, in virtual time, and says what would happen. Opens no connection.
 *
 * @throws RehearsalError where the report file is none.
 */
export async function rehearseCluster(options: RehearsalOptions): Promise<RehearsalReport> {
  const { spec, plan, dump, source, seed = 1, runs = defaultRuns(dump), reportFile } = options;
  const timings = options.timings ?? (reportFile === undefined ? LAB_TIMINGS : await timingsOfReport(reportFile));
  const description = describeTwin(dump, plan, timings);
  const records: RunRecord[] = [];
  for (let run = 0; run < runs; run += 1) {
    records.push(await runUpgrade({ description, plan, spec, etcdLeader: dump.etcdLeader, seed: seed * 1_000 + run }));
    options.onRun?.(run + 1, runs);
  }
  const measured = summarise(records, plan, dump);
  return {
    cluster: plan.cluster, from: plan.from, to: plan.to, planHash: plan.hash, source, timings: reportFile ?? 'lab', seed, runs,
    ...measured,
    notes: notesOf(options, measured),
  };
}

/** The drains of one run that would not end: what a plan says of them before anything begins. */
export async function rehearseDrains(input: Pick<RehearsalOptions, 'spec' | 'plan' | 'dump'>): Promise<readonly BlockedDrain[]> {
  const { held } = await rehearseCluster({ ...input, source: 'cluster', runs: 1 });
  return held;
}

function defaultRuns({ workloads }: ClusterDump): number {
  const pods = workloads.reduce((sum, { on }) => sum + on.length, 0);
  return DEFAULT_RUNS.find(([most]) => pods <= most)?.[1] ?? 5;
}

function notesOf({ plan, dump, reportFile }: RehearsalOptions, { held }: Pick<RehearsalReport, 'held'>): readonly string[] {
  const leaderMatters = dump.etcdLeader === null && plan.etcd.kind === 'stacked' && plan.phases.some(({ phase, groups }) => phase === 'control-plane' && groups.length > 1);
  return [
    ...(held.length === 0 ? [] : ['After a drain that does not end, the rehearsal goes on as after `capstan skip`: the real upgrade would wait for you, and start no other node meanwhile.']),
    ...(reportFile === undefined ? ['Times of steps are those of the project\'s lab. With --report FILE (`capstan report -o json` of an earlier upgrade) they are your own.'] : []),
    ...(leaderMatters ? ['A dump does not say who leads etcd: that control-plane node comes last.'] : []),
    ...dump.gaps.map((gap) => `Not read, and left out: ${gap}`),
  ];
}
