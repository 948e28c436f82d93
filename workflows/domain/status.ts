import type { Failure } from './failure.ts';
import type { Finding } from './check.ts';
import type { Decision } from './decision.ts';
import type { NodeNote } from './amend-node.ts';
import type { LeftOutNode } from './plan.ts';
import type { Approval, ResumeReport } from './resume-report.ts';
import type { PlanWords } from './plan-words.ts';
import type { PoolPolicy } from './pool-policy.ts';
import type { EtcdBackup } from './spec.ts';
import type { NodeState, NodeStep, Role, UpgradePhase, UpgradeState } from './state.ts';

/** A cluster that goes back, or went, by a restore of its etcd snapshot. */
export interface RestoreNote {
  /** Version that comes back. */
  readonly to: string;
  /** Path on the worker's machine. */
  readonly snapshot: string;
  /** ISO: what was written later is lost. */
  readonly takenAt: string;
}

/** Answer of the query `status`. */
export interface UpgradeStatus {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  readonly state: UpgradeState;
  readonly phase: UpgradePhase;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly planHash: string;
  /** Who paused and why; null while not paused. */
  readonly pause: { readonly by: string; readonly reason: string; readonly at: string } | null;
  /** Who wants to go on, while the cluster is read again; absent otherwise. */
  readonly resuming?: { readonly by: string; readonly reason: string; readonly at: string };
  /** The plan that waits for a person's yes; absent where none does. */
  readonly approval?: Approval;
  /** What the plan that waits for the first yes executes; later what is ignored. Absent where there is nothing to say. */
  readonly executes?: PlanWords;
  /** What the last resume found; absent before the first. */
  readonly resumed?: ResumeReport;
  /** Who cancelled and why; null while nobody has. Nodes in flight may still be stopping. */
  readonly cancel: { readonly by: string; readonly reason: string; readonly at: string } | null;
  /** What was set while the upgrade runs, by pool; empty where nothing was. */
  readonly policy: readonly PoolPolicy[];
  /** What people decided, newest last; at most `MOST_DECISIONS`. */
  readonly decisions: readonly Decision[];
  /** Why the upgrade as a whole stopped; null while it has not. */
  readonly failure: Failure | null;
  readonly findings: readonly Finding[];
  /** Where going back is possible now and where it no longer is, a sentence each; absent where nothing has changed, and at the end. */
  readonly wayBack?: readonly string[];
  /** Absent where the whole cluster does not go back. */
  readonly restore?: RestoreNote;
  readonly nodes: readonly NodeStatus[];
}

export interface NodeStatus {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly pool: string | null;
  readonly state: NodeState;
  /** Step under way or failed; null before the first. */
  readonly step: NodeStep | null;
  /** When the state was entered. */
  readonly since: string | null;
  readonly from: string;
  readonly to: string;
  readonly failure: Failure | null;
  /** How it differs from what was approved at first; absent where it does not. */
  readonly note?: NodeNote;
}

/** One step of the report. `seconds` is the last attempt's whole time. */
export interface ReportedStep {
  readonly step: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly busySeconds: number;
  readonly attempts: number;
  readonly note: string;
}

/** Steps of one node, summed up. */
export interface StepTotal {
  /** Of the first. */
  readonly startedAt: string;
  readonly steps: number;
  readonly seconds: number;
  readonly busySeconds: number;
  readonly attempts: number;
}

export interface ReportedNode {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly state: NodeState;
  /** How it differs from what was approved at first; absent where it does not. */
  readonly note?: NodeNote;
  /** Above 100 nodes only those that were tried more than once. */
  readonly steps: readonly ReportedStep[];
  /** All its steps, staging included; null before the first has ended. */
  readonly total: StepTotal | null;
}

/** Answer of the query `report`, result of the workflow, and output of `capstan report -o json`. */
export interface UpgradeReport {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  readonly state: UpgradeState;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly planHash: string;
  readonly nodes: readonly ReportedNode[];
  /** Steps of the cluster as a whole: preflight, snapshot, add-ons, verify. */
  readonly steps: readonly ReportedStep[];
  /** What people decided, newest last; at most `MOST_DECISIONS`. */
  readonly decisions: readonly Decision[];
  readonly snapshot: { readonly node: string; readonly file: string; readonly sha256: string; readonly takenAt: string } | null;
  /** What the spec says of a backup where etcd is external, and its snapshot not ours to take; absent otherwise. */
  readonly backup?: EtcdBackup;
  readonly failure: Failure | null;
  readonly findings: readonly Finding[];
  /** What was ignored, of kubeadm's checks and of ours; absent where nothing was. */
  readonly ignored?: PlanWords;
  /** Nodes that the cluster lists and the plan left as they are; absent where there was none. */
  readonly leftOut?: readonly LeftOutNode[];
  /** What the last resume found; absent where there was none. */
  readonly resumed?: ResumeReport;
  /** Absent where the whole cluster did not go back. */
  readonly restore?: RestoreNote;
  /** Wall clock that was the engine's own: no step was running or waiting on the cluster, and no person was waited for. */
  readonly overheadSeconds: number;
  readonly wallSeconds: number;
}
