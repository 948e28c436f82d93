import { cover, newCoverage } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import type { Decision } from './decision.ts';
import type { Failure } from './failure.ts';
import type { PlannedNode } from './plan.ts';
import { overheadSeconds, spanOf } from './report.ts';
import type { ConfirmedRestore } from './restore-confirmed.ts';
import { NO_RESTORE_CONTROL } from './restore-message.ts';
import type { RestoreControl } from './restore-message.ts';
import { newNodeRun } from './run.ts';
import type { NodeRun } from './run.ts';
import type { UpgradePhase, UpgradeState } from './state.ts';
import type { NodeStatus, ReportedStep, RestoreNote, UpgradeReport, UpgradeStatus } from './status.ts';

/** All that one restore of a whole cluster remembers. */
export interface RestoreRun {
  readonly startedAt: string;
  /** What was confirmed. */
  readonly plan: ConfirmedRestore;
  /** The nodes of `plan`, and once it was planned anew those of the new plan. */
  nodes: readonly RestoredNodeRun[];
  phase: Extract<UpgradePhase, 'rolling-back' | 'rolled-back' | 'failed' | 'cancelled'>;
  /** True from just before the first control plane is stopped: from then on it is finished, whatever happens. */
  isStopped: boolean;
  control: RestoreControl;
  decisions: readonly Decision[];
  readonly steps: ReportedStep[];
  covered: Coverage;
  failure: Failure | null;
}

export interface RestoredNodeRun extends NodeRun {
  readonly planned: PlannedNode;
}

export function newRestoreRun(plan: ConfirmedRestore, startedAt: string): RestoreRun {
  return {
    startedAt, plan, nodes: [...plan.nodes, ...(plan.workers ?? [])].map(newRestoredNode), phase: 'rolling-back', isStopped: false, control: NO_RESTORE_CONTROL,
    decisions: [], steps: [], covered: newCoverage(Date.parse(startedAt)), failure: null,
  };
}

export function newRestoredNode(planned: PlannedNode): RestoredNodeRun {
  return { ...newNodeRun(planned.name, true), planned };
}

/** A step of the cluster as a whole, or of a node, into the sums of the report. */
export function recordRestoreStep(run: RestoreRun, list: ReportedStep[], step: ReportedStep): void {
  list.push(step);
  run.covered = cover(run.covered, [spanOf(step)]);
}

/** Held goes before running: it needs a decision. */
export function restoreState({ phase, nodes }: RestoreRun): UpgradeState {
  if (phase !== 'rolling-back') return phase;
  return nodes.some(({ state }) => state === 'held') ? 'held' : 'running';
}

/** The shape of an upgrade's status, so that all that shows one shows a restore as well. */
export function restoreStatusOf(run: RestoreRun, startedBy: string): UpgradeStatus {
  const { plan, phase, startedAt, control, decisions, failure, nodes } = run;
  return {
    cluster: plan.cluster, from: plan.from ?? UNKNOWN, to: plan.to, state: restoreState(run), phase, startedAt, startedBy, planHash: plan.snapshot.sha256,
    pause: null, cancel: control.cancel, policy: [], decisions, failure, findings: [], restore: noteOf(plan), nodes: nodes.map(nodeStatus),
  };
}

/** The report as of `now`, an ISO time. */
export function restoreReportOf(run: RestoreRun, startedBy: string, now: string): UpgradeReport {
  const { plan, startedAt, decisions, failure, steps, covered } = run;
  return {
    cluster: plan.cluster, from: plan.from ?? UNKNOWN, to: plan.to, state: restoreState(run), startedAt, startedBy, planHash: plan.snapshot.sha256,
    nodes: run.nodes.map(({ name, planned, state, steps: own, total }) => ({ name, roles: planned.roles, state, steps: own, total })),
    steps, decisions, snapshot: null, failure, findings: [], restore: noteOf(plan),
    overheadSeconds: overheadSeconds(covered, startedAt, now),
    wallSeconds: Math.round(Date.parse(now) - Date.parse(startedAt)) / 1000,
  };
}

const UNKNOWN = 'unknown';

export function noteOf({ to, snapshot }: Pick<ConfirmedRestore, 'to' | 'snapshot'>): RestoreNote {
  return { to, snapshot: snapshot.file, takenAt: snapshot.takenAt };
}

/** One that is back has both versions the same: who shows a rolled-back node shows what it ran before. */
function nodeStatus({ planned, state, step, since, failure }: RestoredNodeRun): NodeStatus {
  const { name, roles, pool, from, to } = planned;
  return { name, roles, pool, state, step, since, from: state === 'rolled-back' ? to : from, to, failure };
}
