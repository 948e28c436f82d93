import type { Finding } from '../../workflows/domain/check.ts';
import type { Decision } from '../../workflows/domain/decision.ts';
import type { Failure } from '../../workflows/domain/failure.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';
import type { StepProgress } from '../../workflows/domain/step.ts';
import type {
  ApproveMessage, CancelMessage, InspectClusterInput, InspectClusterResult, PauseMessage, ReleaseClusterInput, ReleaseClusterResult, ResolveHoldMessage, RestoreClusterInput, ResumeMessage, RetryNodeMessage, RollbackMessage, SetPolicyMessage,
  SkipNodeMessage, UpgradeClusterInput,
} from '../../workflows/messages.ts';

/** All that commands ask of Temporal. Every method fails with a `CommandError`. */
export interface UpgradeClient {
  readonly address: string;
  readonly namespace: string;
  /** Reads a cluster through the worker. Exit code 75 where no worker polls; a failure of the worker is an `InspectionError`. */
  inspect(input: InspectClusterInput, onWait?: (words: string) => void): Promise<InspectClusterResult>;
  /** Finds what upgrades have left in a cluster, and releases it with `apply`. Failures as `inspect`. */
  release(input: ReleaseClusterInput, onWait?: (words: string) => void): Promise<ReleaseClusterResult>;
  /** Starts an upgrade; null, or who runs one on this cluster already. */
  start(input: UpgradeClusterInput): Promise<UpgradeSummary | null>;
  /** Starts a restore of a whole cluster; null, or who runs an upgrade or a restore of it already. */
  restore(input: RestoreClusterInput): Promise<UpgradeSummary | null>;
  /** The running upgrade of a cluster, or its last one; null where none is known. */
  find(cluster: string): Promise<UpgradeSummary | null>;
  /** Upgrades, running ones first, then the last ones that ended. */
  list(limit: number): Promise<readonly UpgradeSummary[]>;
  /** Clusters whose upgrade runs now. */
  running(): Promise<readonly string[]>;
  /** The plan that a running upgrade executes, or waits to. */
  plan(cluster: string): Promise<UpgradePlan>;
  /** The run that the cluster's last upgrade began with, known without a worker: it tells that upgrade from those before and after it. */
  firstRun(cluster: string): Promise<string>;
  /** Fails where `first` is given and the cluster's last upgrade is not the one that began with it. */
  status(cluster: string, first?: string): Promise<UpgradeStatus>;
  /** Steps that run or wait for their next attempt, of the nodes in flight and of the cluster as a whole. */
  activities(cluster: string): Promise<readonly RunningStep[]>;
  /** What somebody has paused by Temporal's own means. */
  pauses(cluster: string): Promise<readonly TemporalPause[]>;
  report(cluster: string): Promise<UpgradeReport>;
  /** What the last upgrade of this cluster was started with. */
  origin(cluster: string): Promise<UpgradeOrigin>;
  send(cluster: string, message: ControlMessage): Promise<void>;
  /** Asks for a decision and gives it as it was noted. Exit code 1 with the reason where it is refused; nothing has changed then. */
  update(cluster: string, message: UpdateMessage): Promise<Decision>;
  /** Resolves when the upgrade has ended; null where `signal` was aborted before. Fails as `status` with `first`. */
  ended(cluster: string, signal: AbortSignal, first?: string): Promise<UpgradeReport | null>;
  /** What `doctor` can tell of Temporal and its workers without a cluster. */
  checkService(): Promise<readonly Finding[]>;
  /** Web page of an upgrade; null where no address of the Web UI is known. */
  page(cluster: string): string | null;
  close(): Promise<void>;
}

export interface UpgradeOrigin {
  /** Names the upgrade on its hosts. */
  readonly id: string;
  readonly spec: UpgradeSpec;
  /** Those of its plan as it was started. */
  readonly nodes: readonly Pick<PlannedNode, 'name' | 'address' | 'port'>[];
}

export type ControlMessage =
  | { readonly kind: 'pause'; readonly message: PauseMessage }
  | { readonly kind: 'resume'; readonly message: ResumeMessage }
  | { readonly kind: 'skipNode'; readonly message: SkipNodeMessage }
  | { readonly kind: 'retryNode'; readonly message: RetryNodeMessage }
  | { readonly kind: 'cancel'; readonly message: CancelMessage }
  | { readonly kind: 'approve'; readonly message: ApproveMessage }
  | { readonly kind: 'rollback'; readonly message: RollbackMessage };

/** What an upgrade answers with yes or no. */
export type UpdateMessage =
  | { readonly kind: 'resolveHold'; readonly message: ResolveHoldMessage }
  | { readonly kind: 'approve'; readonly message: ApproveMessage }
  | { readonly kind: 'setPolicy'; readonly message: SetPolicyMessage }
  | { readonly kind: 'rollback'; readonly message: RollbackMessage };

/** An upgrade as lists show it: known without any worker. Null where Temporal does not hold the value. */
export interface UpgradeSummary {
  readonly cluster: string;
  readonly state: string;
  readonly phase: string | null;
  readonly target: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly startedBy: string | null;
}

/** A step as Temporal sees it now. */
export interface RunningStep {
  /** Null for a step of the cluster as a whole, or where the node is not known. */
  readonly node: string | null;
  readonly step: string;
  /** 1 at first. */
  readonly attempt: number;
  /** Start of this attempt; null while it waits for a worker or for its next attempt. */
  readonly startedAt: string | null;
  /** What it last said that it waits for. */
  readonly message: string | null;
  /** Pods that a budget protects now. */
  readonly blockers: NonNullable<StepProgress['blockers']>;
  /** Why the attempt before failed. */
  readonly failure: Failure | null;
  /** Absent where nobody has paused it by Temporal's own means. */
  readonly pausedInTemporal?: TemporalPause;
}

/** A pause by Temporal's Web UI or its command line, beside `capstan pause`. */
export interface TemporalPause {
  /** Null for the upgrade itself, and for steps of the cluster as a whole. */
  readonly node: string | null;
  /** Null where the workflow is paused as a whole. */
  readonly step: string | null;
  readonly by: string;
  /** Empty where none was given. */
  readonly reason: string;
  readonly at: string | null;
  /** The command that undoes it. */
  readonly undo: string;
}
