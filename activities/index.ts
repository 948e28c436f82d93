import type { EtcdObservation } from '../workflows/domain/observation.ts';
import type { DrainFacts, ObserveDrainsInput } from '../workflows/domain/drain-facts.ts';
import type { ClusterDump } from '../workflows/domain/cluster-dump.ts';
import type { LeftBehind } from '../workflows/domain/left-behind.ts';
import type { Finding } from '../workflows/domain/check.ts';
import type { PlannedNode, UpgradePlan } from '../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../workflows/domain/spec.ts';
import type {
  AddonInput, CordonInput, ControlPlaneResult, ControlPlaneStepInput, DrainStepInput, KubeletResult, KubeletStepInput, PackageStepInput,
  RecordControlPlaneInput, RollbackStepInput,
  SnapshotInput, SnapshotResult, StepResult, UncordonInput, UpgradeRef, WaitNodeReadyInput,
} from '../workflows/domain/step.ts';
import type { RestoreActivities } from './restore/port.ts';

export interface PlannedUpgrade {
  readonly plan: UpgradePlan;
}

export interface PreflightResult {
  readonly findings: readonly Finding[];
  readonly startedAt: string;
  readonly seconds: number;
}

/** One page of a host step's output: it goes through a history, so a page is at most 24 KiB. */
export interface LogPage {
  readonly text: string;
  /** Offset of the next page, in characters; null after the last one. */
  readonly next: number | null;
}

/** Every activity, by the name that histories carry. All are safe to run twice. */
export interface Activities extends RestoreActivities {
  planUpgrade(input: { readonly spec: UpgradeSpec }): Promise<PlannedUpgrade>;
  /** `plan` null: only the ways in (API, SSH, sudo) are checked. */
  runPreflight(input: { readonly spec: UpgradeSpec; readonly plan: UpgradePlan | null; readonly rehearse?: 'also' | 'only' }): Promise<PreflightResult>;
  /** What a rehearsal needs of the cluster. Reads only. */
  describeCluster(input: { readonly spec: UpgradeSpec }): Promise<ClusterDump>;
  readLog(input: { readonly spec: UpgradeSpec; readonly upgrade: string; readonly node: string; readonly host?: { readonly address: string; readonly port: number }; readonly step: string; readonly offset: number }): Promise<LogPage>;

  /** What upgrades have left in the cluster. Reads only. */
  findLeft(input: { readonly spec: UpgradeSpec }): Promise<LeftBehind>;
  /** Gives back what was found, and nothing that came later. */
  releaseLeft(input: { readonly spec: UpgradeSpec; readonly left: LeftBehind }): Promise<StepResult>;

  acquireLease(input: { readonly upgrade: UpgradeRef; readonly by: string }): Promise<StepResult>;
  releaseLease(input: { readonly upgrade: UpgradeRef }): Promise<StepResult>;
  snapshotEtcd(input: SnapshotInput): Promise<SnapshotResult>;
  /** Keeps what a restore of the whole control plane takes from each of its nodes. */
  recordControlPlane(input: RecordControlPlaneInput): Promise<StepResult>;
  observeEtcd(input: { readonly upgrade: UpgradeRef; readonly members: readonly PlannedNode[] }): Promise<EtcdObservation>;

  stageNode(input: PackageStepInput): Promise<StepResult>;
  upgradeKubeadm(input: PackageStepInput): Promise<StepResult>;
  upgradeEtcdMember(input: ControlPlaneStepInput): Promise<StepResult>;
  upgradeControlPlane(input: ControlPlaneStepInput): Promise<ControlPlaneResult>;
  cordonNode(input: CordonInput): Promise<StepResult>;
  drainNode(input: DrainStepInput): Promise<StepResult>;
  upgradeKubelet(input: KubeletStepInput): Promise<KubeletResult>;
  /** Puts back what was recorded on the host before the node's first change. */
  rollbackNode(input: RollbackStepInput): Promise<KubeletResult>;
  waitNodeReady(input: WaitNodeReadyInput): Promise<StepResult>;
  uncordonNode(input: UncordonInput): Promise<StepResult>;

  /** What drains of these nodes would meet, for the order of a window. Reads only. */
  observeDrains(input: ObserveDrainsInput): Promise<DrainFacts>;
  /** Softly keeps evicted pods away from nodes that are still to be upgraded. */
  taintNodes(input: { readonly upgrade: UpgradeRef; readonly nodes: readonly string[] }): Promise<StepResult>;
  /** Takes that taint off every node of the cluster. */
  releaseTaints(input: { readonly upgrade: UpgradeRef }): Promise<StepResult>;

  upgradeAddon(input: AddonInput): Promise<StepResult>;
  verifyCluster(input: { readonly upgrade: UpgradeRef; readonly plan: UpgradePlan; readonly skipped: readonly string[]; readonly rolledBack?: readonly string[] }): Promise<StepResult>;
}
