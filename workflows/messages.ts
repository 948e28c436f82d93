import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { UpgradeSpec } from './domain/spec.ts';
import type { UpgradePlan } from './domain/plan.ts';
import type { RestorePlan } from './domain/restore.ts';
import type { ConfirmedRestore } from './domain/restore-confirmed.ts';
import type { ClusterDump } from './domain/cluster-dump.ts';
import type { LeftBehind } from './domain/left-behind.ts';
import type { Finding } from './domain/check.ts';
import type { NodeState, NodeStep } from './domain/state.ts';
import type { Decision } from './domain/decision.ts';
import type { Failure } from './domain/failure.ts';
import type { Resolution } from './domain/operator-message.ts';
import type { NodeTimes } from './domain/run.ts';
import type { RollbackScope } from './domain/rollback.ts';
import type { PackedRun } from './domain/run-pack.ts';
import type { UpgradeReport, UpgradeStatus } from './domain/status.ts';

/** Task queue where `CAPSTAN_TASK_QUEUE` names no other. */
export const DEFAULT_TASK_QUEUE = 'capstan';

/** Workflow types by the names that histories carry. */
export const WORKFLOW = { upgradeCluster: 'upgradeCluster', upgradeNode: 'upgradeNode', rollbackNode: 'rollbackNode', inspectCluster: 'inspectCluster', releaseCluster: 'releaseCluster', restoreCluster: 'restoreCluster' } as const;

/** The workflow id is the lock of the cluster's name. */
export function upgradeWorkflowId(cluster: string): string {
  return `upgrade/${cluster}`;
}

export function nodeWorkflowId(cluster: string, node: string): string {
  return `upgrade/${cluster}/${node}`;
}

/** A restore that an upgrade runs; one outside an upgrade has the upgrade's own id, which locks the cluster. */
export function restoreWorkflowId(cluster: string): string {
  return `restore/${cluster}`;
}

/**
 * Names an upgrade on its hosts, `/var/lib/capstan/<id>`: readable, and its own. A run id begins with its time (UUID of version 7,
 * RFC 9562) and ends in chance: by its beginning, an upgrade would find the results of one that began in the same minute.
 */
export function upgradeId(cluster: string, target: string, firstExecutionRunId: string): string {
  return `${cluster}-${target}-${firstExecutionRunId.slice(-8)}`;
}

export interface UpgradeClusterInput {
  readonly spec: UpgradeSpec;
  /** The plan that the operator saw; a different one at the start stops the upgrade before any change. */
  readonly plan: UpgradePlan;
  /** Who started it, for people: `user@host`. */
  readonly by: string;
  /** True where nobody has said yes to the plan yet: the upgrade waits for `approve` before its first change. Absent is false. */
  readonly awaitApproval?: boolean;
  /** Only from one run to the next of the same upgrade. */
  readonly resume?: PackedRun;
  /** Only for tests of how an upgrade goes on in a new history. */
  readonly limits?: {
    /** Events after which it does. Default: `MOST_EVENTS` of `history.ts`. */
    readonly events: number;
    /** After which nodes that an earlier run started are looked for. Default: 5 minutes. */
    readonly lookMs: number;
  };
}

/** Memo of `upgradeCluster`, so that a refused second start can say who runs what. */
export interface UpgradeMemo {
  readonly startedBy: string;
  readonly target: string;
}

export interface RestoreClusterInput {
  readonly spec: UpgradeSpec;
  /** What the operator saw; another plan at the start ends the restore before any change. */
  readonly plan: ConfirmedRestore;
  /** Who started it, for people: `user@host`. */
  readonly by: string;
  /** Empty where none was given. */
  readonly reason: string;
}

export const INSPECTIONS = ['plan', 'preflight', 'doctor', 'logs', 'rehearse', 'restore'] as const;
export type Inspection = (typeof INSPECTIONS)[number];

export interface InspectClusterInput {
  readonly spec: UpgradeSpec;
  readonly what: Inspection;
  /** With `logs`: whose output, and of which upgrade (`upgradeId`). `host` is where its plan has the node; without it the API is asked. */
  readonly logs?: { readonly upgrade: string; readonly node: string; readonly host?: { readonly address: string; readonly port: number }; readonly step: string };
  /** With `restore`: path on the worker's machine, or id of an upgrade; absent takes the newest snapshot of the cluster. */
  readonly snapshot?: string;
}

export interface InspectClusterResult {
  /** Null where the cluster could not be read; then the findings say why. */
  readonly plan: UpgradePlan | null;
  /** Empty with `plan`. */
  readonly findings: readonly Finding[];
  /** With `rehearse`: what the twin is made from. */
  readonly dump?: ClusterDump;
  /** With `restore`: what a restore would do. */
  readonly restore?: RestorePlan;
  /** With `logs`: the whole output. */
  readonly log?: string;
}

export interface ReleaseClusterInput {
  readonly spec: UpgradeSpec;
  /** False only looks. */
  readonly apply: boolean;
  /** Why what another Temporal may own is released too; absent leaves it. */
  readonly foreign?: string;
}

export interface ReleaseClusterResult {
  /** What was found. */
  readonly left: LeftBehind;
  /** Workflows that run and may own it; where there are any, nothing is released. */
  readonly owners: readonly string[];
  /** Other Temporals that may own it; where there are any, nothing is released without a reason. */
  readonly foreign: readonly string[];
  readonly released: boolean;
}

export interface PauseMessage {
  /** Stop each node at its next boundary between steps instead of letting it finish. */
  readonly now?: boolean;
  /** Pause once this node or phase is done instead of at once. */
  readonly after?: string;
  readonly by?: string;
  readonly reason?: string;
}

export interface ResumeMessage {
  /** Go on without what the plan has grown by: new nodes are not taken in, and those that changed are left as they are. */
  readonly ignoreNew?: boolean;
  readonly by?: string;
  readonly reason?: string;
}

export interface ApproveMessage {
  /** Hash of the plan that waits, as `status` shows it. */
  readonly planHash: string;
  readonly by?: string;
  readonly reason?: string;
}

export interface SkipNodeMessage {
  readonly node: string;
  readonly by?: string;
  readonly reason?: string;
}

export interface RetryNodeMessage {
  readonly node: string;
  /** Step to begin again from; default is the one that failed. */
  readonly from?: string;
  /** kubeadm's `apply --force` at the running version. */
  readonly force?: boolean;
  readonly by?: string;
  readonly reason?: string;
}

export interface CancelMessage {
  readonly by?: string;
  readonly reason?: string;
}

/** A decision on a held node; `force-drain` also on one whose drain runs. `rollback` is the message `rollback` with the scope `node`. */
export interface ResolveHoldMessage extends RetryNodeMessage {
  readonly decision: Resolution;
  /** With `force-drain`: the name of the cluster. */
  readonly confirm?: string;
}

/** At least one of the two values. */
export interface SetPolicyMessage {
  /** Default: every pool, and for `drainTimeout` the control plane as well. */
  readonly pool?: string;
  /** As in the spec: a count or a percentage. */
  readonly maxUnavailable?: number | string;
  /** As in the spec: a duration such as `30m`, at most 24 hours. */
  readonly drainTimeout?: string;
  readonly by?: string;
  readonly reason?: string;
}

export interface RollbackMessage {
  readonly scope: RollbackScope;
  /** With the scope `node`. */
  readonly node?: string;
  /** With the scope `cluster`: the name of the cluster. */
  readonly confirm?: string;
  readonly by?: string;
  readonly reason?: string;
}

export const pauseSignal = defineSignal<[PauseMessage?]>('pause');
export const resumeSignal = defineSignal<[ResumeMessage?]>('resume');
export const approveSignal = defineSignal<[ApproveMessage]>('approve');
export const skipNodeSignal = defineSignal<[SkipNodeMessage]>('skipNode');
export const retryNodeSignal = defineSignal<[RetryNodeMessage]>('retryNode');
export const cancelSignal = defineSignal<[CancelMessage?]>('cancel');
export const rollbackSignal = defineSignal<[RollbackMessage]>('rollback');

/** Each answers with the decision as it was noted, or refuses with the reason; refused, nothing has changed. */
export const approveUpdate = defineUpdate<Decision, [ApproveMessage]>('approve');
export const resolveHoldUpdate = defineUpdate<Decision, [ResolveHoldMessage]>('resolveHold');
export const setPolicyUpdate = defineUpdate<Decision, [SetPolicyMessage]>('setPolicy');
export const rollbackUpdate = defineUpdate<Decision, [RollbackMessage]>('rollback');

export const statusQuery = defineQuery<UpgradeStatus>('status');
export const planQuery = defineQuery<UpgradePlan>('plan');
export const reportQuery = defineQuery<UpgradeReport>('report');

/** Sent by `upgradeNode` and `rollbackNode` to their parent when the node enters a state or step. */
export interface NodeProgressMessage {
  readonly node: string;
  readonly state: NodeState;
  readonly step: NodeStep;
}

export const nodeProgressSignal = defineSignal<[NodeProgressMessage]>('nodeProgress');

/** Sent to a node in flight: what its drain still has to evict is deleted. */
export const forceDrainSignal = defineSignal('forceDrain');

/** Sent to a node in flight when what concerns it was set anew. */
export interface NodePolicyMessage {
  readonly maxUnavailable: number;
  readonly drainTimeoutSeconds: number;
}

export const nodePolicySignal = defineSignal<[NodePolicyMessage]>('nodePolicy');

/** How one try of a node ended. */
export interface NodeResult {
  readonly state: Extract<NodeState, 'done' | 'skipped' | 'held' | 'rolled-back'>;
  /** Step that failed, or before which the node was given back; null where it is done or rolled back. */
  readonly step: NodeStep | null;
  readonly failure: Failure | null;
  readonly times: NodeTimes;
  /** True where the word to force its drain had reached it. Absent is false. */
  readonly drainForced?: boolean;
}

/** Sent by `upgradeNode` and `rollbackNode` when they end, to whatever run its upgrade is in by then, where the run that started it may be over. */
export interface NodeResultMessage {
  /** `UpgradeRef.id`: a node of an upgrade that was terminated may still tell its result. */
  readonly upgrade: string;
  readonly node: string;
  readonly retry: number;
  readonly result: NodeResult;
}

export const nodeResultSignal = defineSignal<[NodeResultMessage]>('nodeResult');

/** Sent to a node by a run that goes on in a new one: tell the end to the upgrade's workflow id. */
export const tellResultSignal = defineSignal('tellResult');

/** How a node of a restore stands, told to the upgrade that runs the restore. */
export interface RestoredNodeMessage {
  readonly node: string;
  readonly state: NodeState;
  readonly step: NodeStep | null;
  readonly failure: Failure | null;
}

/** Sent by `restoreCluster` to its upgrade: nodes that have changed since the message before. */
export interface RestoreProgressMessage {
  /** True from just before the first control plane is stopped. */
  readonly stopped: boolean;
  readonly nodes: readonly RestoredNodeMessage[];
}

export const restoreProgressSignal = defineSignal<[RestoreProgressMessage]>('restoreProgress');

/** Asks nothing and changes nothing: that it cannot be delivered tells that a workflow is gone. */
export const probeSignal = defineSignal('probe');

/** Search attributes, upserted when they change and never per node. Registered by `capstan dev`. */
export const SEARCH_ATTRIBUTES = {
  cluster: defineSearchAttributeKey('CapstanCluster', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('CapstanPhase', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('CapstanState', SearchAttributeType.KEYWORD),
  target: defineSearchAttributeKey('CapstanTarget', SearchAttributeType.KEYWORD),
} as const;

/** The pairs that say how an upgrade, or a restore, stands. */
export function searchAttributes({ cluster, target, phase, state }: Readonly<Record<keyof typeof SEARCH_ATTRIBUTES, string>>) {
  return [
    { key: SEARCH_ATTRIBUTES.cluster, value: cluster },
    { key: SEARCH_ATTRIBUTES.target, value: target },
    { key: SEARCH_ATTRIBUTES.phase, value: phase },
    { key: SEARCH_ATTRIBUTES.state, value: state },
  ];
}
