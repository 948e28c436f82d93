import type { NodeNote } from './amend-node.ts';
import { NO_CONTROL } from './control.ts';
import type { ControlState } from './control.ts';
import { cover, newCoverage } from './coverage.ts';
import type { Coverage, Span } from './coverage.ts';
import type { Finding } from './check.ts';
import type { Decision } from './decision.ts';
import type { Failure } from './failure.ts';
import type { UpgradePlan } from './plan.ts';
import { spanOf } from './report.ts';
import type { Approval, ResumeReport } from './resume-report.ts';
import type { NodeState, NodeStep, UpgradePhase } from './state.ts';
import type { ReportedStep, StepTotal } from './status.ts';
import type { SnapshotResult } from './step.ts';

/** Above this many nodes a report keeps sums and only the steps that are worth a look: a payload must stay small. */
export const DETAILED_NODES = 100;

/**
 * Up to this many changing nodes each tells every step, and the workflow's own status shows it; above, Temporal is asked for the steps of
 * those in flight. Each message costs the server two workflow tasks.
 */
export const TALKATIVE_NODES = 8;

/** All that one upgrade remembers. `run-pack.ts` takes it from run to run when a workflow continues as new. */
export interface ClusterRun {
  /** Folder name on the hosts; stays over all runs. */
  readonly id: string;
  readonly startedAt: string;
  /** The approved one, as amended since. */
  plan: UpgradePlan;
  /** True once `kubeadm upgrade apply` has ended well on one node: the others run `kubeadm upgrade node`. */
  applied: boolean;
  /** True from just before workers get their soft taint: it has to be taken off whatever happens. */
  tainted: boolean;
  phase: UpgradePhase;
  /** False while a phase that was entered still waits for the end of a pause. */
  begun: boolean;
  readonly phasesDone: UpgradePhase[];
  /** Names of the spec's add-ons that were applied. */
  readonly addonsDone: string[];
  control: ControlState;
  /** The newest `MOST_DECISIONS`, refused ones included, in the order in which they were heard. */
  decisions: readonly Decision[];
  /** The plan that waits for a person's yes; null where none does. */
  approval: Approval | null;
  /** What the last resume found; null before the first. */
  resumed: ResumeReport | null;
  /** In the order of the plan. */
  readonly nodes: NodeRun[];
  readonly steps: ReportedStep[];
  /** Busy steps, and the time in which only a person could go on: pauses and holds. */
  covered: Coverage;
  findings: readonly Finding[];
  snapshot: SnapshotResult | null;
  failure: Failure | null;
}

export interface NodeRun {
  readonly name: string;
  state: NodeState;
  step: NodeStep | null;
  since: string | null;
  /** How often the operator retried it. */
  retries: number;
  staged: boolean;
  /** True once a control-plane node's kubeadm may have run (it can no longer be skipped), or a worker's kubelet may have changed. */
  changed: boolean;
  /** True once it was told to go back: its workflow is `rollbackNode` from then on. */
  rollsBack: boolean;
  /** True while its own workflow runs. */
  inFlight: boolean;
  /** True once its pods are gone, while it is in flight. */
  drained: boolean;
  failure: Failure | null;
  /** How it differs from what was approved at first; null where it does not. */
  note: NodeNote | null;
  /** All steps, or those worth a look where there are more than `DETAILED_NODES` nodes. */
  readonly steps: ReportedStep[];
  total: StepTotal | null;
}

/** The run at its beginning. */
export function newClusterRun(id: string, plan: UpgradePlan, startedAt: string): ClusterRun {
  return {
    id, startedAt, plan, applied: !plan.nodes.some((node) => node.first), tainted: false, phase: 'preflight', begun: true, phasesDone: [], addonsDone: [],
    control: NO_CONTROL, decisions: [], approval: null, resumed: null, nodes: plan.nodes.map((node) => newNodeRun(node.name, node.changes)), steps: [], covered: newCoverage(Date.parse(startedAt)),
    findings: [], snapshot: null, failure: null,
  };
}

export function newNodeRun(name: string, changes: boolean): NodeRun {
  return {
    name, state: changes ? 'pending' : 'done', step: null, since: null, retries: 0, staged: false, changed: false, rollsBack: false, inFlight: false, drained: false,
    failure: null, note: null, steps: [], total: null,
  };
}

/** What one try of a node has to tell. */
export interface NodeTimes {
  /** See `NodeRun.steps`. */
  readonly steps: readonly ReportedStep[];
  readonly total: StepTotal | null;
  /** When its steps were busy. */
  readonly busy: readonly Span[];
}

/** What steps have to tell; `isDetailed` false keeps only those that were tried more than once. */
export function timesOf(steps: readonly ReportedStep[], isDetailed: boolean): NodeTimes {
  return { steps: isDetailed ? steps : steps.filter((step) => step.attempts > 1), total: steps.reduce(addStep, null), busy: steps.map(spanOf) };
}

/** Adds a try to what is known of a node. */
export function addTimes(run: ClusterRun, node: NodeRun, { steps, total, busy }: NodeTimes): void {
  node.steps.push(...steps);
  if (total !== null) node.total = node.total === null ? total : addTotals(node.total, total);
  run.covered = cover(run.covered, busy);
}

function addStep(sum: StepTotal | null, step: ReportedStep): StepTotal {
  const own = { startedAt: step.startedAt, steps: 1, seconds: step.seconds, busySeconds: step.busySeconds, attempts: step.attempts };
  return sum === null ? own : addTotals(sum, own);
}

function addTotals(left: StepTotal, right: StepTotal): StepTotal {
  return {
    startedAt: left.startedAt < right.startedAt ? left.startedAt : right.startedAt, steps: left.steps + right.steps,
    seconds: rounded(left.seconds + right.seconds), busySeconds: rounded(left.busySeconds + right.busySeconds), attempts: left.attempts + right.attempts,
  };
}

/** To the millisecond: sums of floats have long tails. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
