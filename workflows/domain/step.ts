import type { AccessSpec, DrainSpec, EtcdSpec, KubeadmSpec } from './spec.ts';
import type { PlannedFile } from './planned-file.ts';
import type { PlannedNode } from './plan.ts';

/** Which upgrade a step belongs to and how to reach its cluster. */
export interface UpgradeRef {
  readonly cluster: string;
  readonly clusterUid: string;
  /** Names the folder `/var/lib/capstan/<id>` on every host; the same over all runs of one upgrade. */
  readonly id: string;
  /** Workflow id of the upgrade, `upgrade/<cluster>`. */
  readonly workflowId: string;
  readonly access: AccessSpec;
}

/** Input of every activity that works on one node. */
export interface NodeStepInput {
  readonly upgrade: UpgradeRef;
  readonly node: PlannedNode;
  /** How often this node was tried again, rollbacks included. A higher number is a new intent, and comes first in the fence token; the same number never runs twice. */
  readonly retry: number;
  /** Milliseconds since the epoch at which the calling workflow run began: second part of the fence token. */
  readonly epochMs: number;
}

/** Options of kubeadm, and those of the plan's files that it is given. */
export interface PlannedKubeadm extends KubeadmSpec {
  readonly files: readonly PlannedFile[];
}

export interface PackageStepInput extends NodeStepInput {
  /** Repository URL template with `{minor}` such as `1.34`; null where one repository has all minors. */
  readonly repository: string | null;
  /** imageRepository of kubeadm-config; null takes kubeadm's default. */
  readonly imageRepository: string | null;
  readonly kubeadm: PlannedKubeadm;
}

/** Input of `upgradeKubelet`. */
export interface KubeletStepInput extends PackageStepInput {
  /** All nodes that carry an etcd member; absent or empty where this one carries none. A new kubelet starts the member anew. */
  readonly members?: readonly PlannedNode[];
  readonly acceptOutage?: boolean;
}

/** Input of `rollbackNode`: `node.to` is the version that the kubelet ran before, `node.from` the one that it leaves. */
export type RollbackStepInput = PackageStepInput;

export interface WaitNodeReadyInput extends NodeStepInput {
  /** Host's clock when its kubelet was restarted: only a heartbeat newer than this counts. Null where it was not restarted by us. */
  readonly restartedAt: string | null;
}

/** Input of `cordonNode`, a step of its own only where nodes are not drained. */
export interface CordonInput extends NodeStepInput {
  /** Names of the control-plane nodes, of which one may have lost its label; absent for a worker. */
  readonly controlPlane?: readonly string[];
  /** Most nodes of the node's pool that may be down at once; 1 for a control-plane node. */
  readonly maxUnavailable: number;
}

export interface UncordonInput extends NodeStepInput {
  /** True where the node is given back without having been upgraded (skip, cancel). */
  readonly release: boolean;
}

/** Result of `upgradeKubelet` and `rollbackNode`. */
export interface KubeletResult extends StepResult {
  readonly restartedAt: string | null;
}

/**
 * Input of `upgradeEtcdMember` and `upgradeControlPlane`. With stacked etcd both watch the same run of kubeadm:
 * the first from the gate before it until the member is back, the second until it ends.
 */
export interface ControlPlaneStepInput extends NodeStepInput {
  /** imageRepository of kubeadm-config as the plan has it: kubeadm takes the images of the control plane from there. */
  readonly imageRepository: string | null;
  readonly kubeadm: PlannedKubeadm;
  /** kubeadm's `apply --force` at the running version: an operator's choice when retrying. */
  readonly force: boolean;
  /** All nodes that carry an etcd member, this one included; empty where etcd is external. */
  readonly members: readonly PlannedNode[];
  /** Names of all control-plane nodes: their API servers have to be up while kubeadm replaces this one's. Absent: those that have a mirror pod. */
  readonly controlPlane?: readonly string[];
  /** Contract 2: one or two members cannot keep quorum; the spec accepts the outage. */
  readonly acceptOutage: boolean;
}

/** Input of `drainNode`: it cordons first, as `kubectl drain` does, and again where somebody has uncordoned meanwhile. */
export interface DrainStepInput extends CordonInput {
  readonly drain: DrainSpec;
  /** True only by a person's decision: pods are deleted, not evicted, whatever budgets say. Absent is false. */
  readonly force?: boolean;
}

export interface SnapshotInput {
  readonly upgrade: UpgradeRef;
  readonly members: readonly PlannedNode[];
  /** All nodes of the plan. Kept beside the snapshot: a restore has no API to ask. */
  readonly nodes: readonly PlannedNode[];
  readonly etcd: Pick<EtcdSpec, 'snapshot' | 'acceptOutage'>;
  readonly epochMs: number;
}

/** Before the first change, of all control-plane nodes. */
export interface RecordControlPlaneInput {
  readonly upgrade: UpgradeRef;
  readonly nodes: readonly PlannedNode[];
  readonly epochMs: number;
}

export interface AddonInput {
  readonly upgrade: UpgradeRef;
  /** The file of the plan that is applied; or what kubeadm upgrades. */
  readonly addon: PlannedFile | { readonly name: 'kube-proxy' | 'coredns'; readonly version: string };
}

/** What every step reports. The clock is the worker's. */
export interface StepResult {
  readonly startedAt: string;
  /** Whole time of the last attempt. */
  readonly seconds: number;
  /** Part of it in which a host command really ran or the cluster was waited for; the rest is the engine's. */
  readonly busySeconds: number;
  /** Temporal's attempt number: 1 where nothing went wrong. */
  readonly attempt: number;
  /** False where the probe found it done already. */
  readonly changed: boolean;
  /** One line for people. */
  readonly note: string;
}

export interface SnapshotResult extends StepResult {
  readonly node: string;
  /** Path on the worker's machine. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly revision: number;
  readonly takenAt: string;
}

export interface ControlPlaneResult extends StepResult {
  /** Backup folders that kubeadm wrote on the host; empty where it wrote none. */
  readonly backups: readonly string[];
}

/** Heartbeat of a running step: what it waits for, shown by `status` and `watch`. At most 1 KiB. */
export interface StepProgress {
  readonly message: string;
  /** Pods that a budget protects now, during a drain. */
  readonly blockers?: readonly { readonly pod: string; readonly budget: string | null; readonly reason: string; readonly seconds: number }[];
}
