import type { UpgradePlan } from './plan.ts';
import type { RollbackNode } from './rollback.ts';
import type { NodeState, NodeStep, Role, UpgradePhase } from './state.ts';

/** What a message needs to know of the upgrade. */
export interface UpgradeFacts {
  /** Name of the cluster, which a severe decision has to repeat. */
  readonly cluster: string;
  readonly plan: UpgradePlan;
  readonly phase: UpgradePhase;
  readonly phasesDone: readonly UpgradePhase[];
  /** True once all is done or has failed, and only what is ours is still released. */
  readonly isEnding: boolean;
  /** Null for a node that is not in the plan. */
  readonly node: (name: string) => ControlledNode | null;
  /** The etcd snapshot of before the first change; null while none is taken. */
  readonly snapshot: { readonly node: string; readonly file: string } | null;
  /** True once a restore of the whole cluster has begun to stop the control plane. */
  readonly isStopped: boolean;
  /** All nodes of the plan. */
  readonly rollbackNodes: () => readonly RollbackNode[];
}

/** What a message needs to know of the node it names. */
export interface ControlledNode {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly state: NodeState;
  /** Step under way or failed. */
  readonly step: NodeStep | null;
  /** True once a control-plane node's kubeadm may have run. */
  readonly changed: boolean;
  readonly inFlight: boolean;
  /** True where its state is told for every step; otherwise `preparing` stands for any of them. */
  readonly tellsSteps: boolean;
  /** True once its pods are known to be gone. */
  readonly drained: boolean;
  /** True where its pool's drain is on. */
  readonly drains: boolean;
  /** True while it is being given back after a skip. */
  readonly releasing: boolean;
  /** True once it was told to go back: only then it has the step `rollbackNode`. */
  readonly rollsBack: boolean;
}
