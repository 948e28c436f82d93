import type { RestorePackagesInput, RestorePlan, RestoreStepInput } from '../../workflows/domain/restore.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { KubeletResult, StepResult, UpgradeRef } from '../../workflows/domain/step.ts';

/**
 * Steps of a restore of a whole cluster, in their order. Each runs on all nodes before the next one begins on any; all are safe to
 * run twice. A step writes down on the host what it has done: a restore that was cut goes on where it was.
 */
export interface RestoreActivities {
  /**
   * Checks the snapshot (SHA-256, cluster) and every node's record, and lists what was written since. Changes nothing.
   * `snapshot`: path on the worker's machine, or the id of an upgrade; null takes the newest of the cluster.
   */
  planRestore(input: { readonly spec: UpgradeSpec; readonly snapshot: string | null }): Promise<RestorePlan>;
  /** Puts the snapshot on the host and restores it beside the live data; the control plane still runs. */
  prepareRestore(input: RestoreStepInput): Promise<StepResult>;
  /** Ends kubelet, etcd, API server, controller manager and scheduler of the node; workloads run on. */
  stopControlPlane(input: RestoreStepInput): Promise<StepResult>;
  /** Sets the member's data aside and the restored data in its place; packages, manifests, certificates and configuration of before. The kubelet stays stopped. */
  restoreControlPlane(input: RestorePackagesInput): Promise<StepResult>;
  /** Starts the kubelet and waits until member and API server of the node answer. Begun on all nodes at once: one member alone has no quorum. */
  startControlPlane(input: RestorePackagesInput): Promise<KubeletResult>;
  /** A worker's former packages and kubelet, without a drain: its kubelet must not be newer than the API server. */
  restoreWorker(input: RestorePackagesInput): Promise<KubeletResult>;
  /** Every node Ready at its version, every member healthy, the API server at the former version; gives back locks, cordons and taints that the snapshot brought back. */
  verifyRestore(input: { readonly upgrade: UpgradeRef; readonly plan: RestorePlan }): Promise<StepResult>;
}
