import { NO_CONTROL } from './control.ts';
import type { ControlState } from './control.ts';
import type { Finding } from './check.ts';
import type { Failure } from './failure.ts';
import type { UpgradePlan } from './plan.ts';
import type { NodeState, NodeStep, UpgradePhase } from './state.ts';
import type { ReportedStep } from './status.ts';
import type { SnapshotResult } from './step.ts';

/** All that one upgrade remembers. Plain JSON: it travels from run to run when a workflow continues as new. */
export interface ClusterRun {
  /** Folder name on the hosts; stays over all runs. */
  readonly id: string;
  readonly startedAt: string;
  readonly plan: UpgradePlan;
  /** Of kubeadm-config; null takes kubeadm's own. */
  imageRepository: string | null;
  /** True once `kubeadm upgrade apply` has ended well on one node: the others run `kubeadm upgrade node`. */
  applied: boolean;
  phase: UpgradePhase;
  readonly phasesDone: UpgradePhase[];
  /** Names of the spec's add-ons that were applied. */
  readonly addonsDone: string[];
  control: ControlState;
  readonly nodes: NodeRun[];
  readonly steps: ReportedStep[];
  /** Closed intervals in which only a person could go on: pauses and holds. */
  readonly waits: { readonly from: string; readonly to: string }[];
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
  /** True once a control-plane node's kubeadm may have run: it can no longer be skipped. */
  changed: boolean;
  failure: Failure | null;
  readonly steps: ReportedStep[];
}

/** The run at its beginning. */
export function newClusterRun(id: string, plan: UpgradePlan, startedAt: string): ClusterRun {
  return {
    id, startedAt, plan, imageRepository: null, applied: !plan.nodes.some((node) => node.first), phase: 'preflight', phasesDone: [], addonsDone: [],
    control: NO_CONTROL, nodes: plan.nodes.map((node) => newNodeRun(node.name, node.changes)), steps: [], waits: [], findings: [], snapshot: null, failure: null,
  };
}

function newNodeRun(name: string, changes: boolean): NodeRun {
  return { name, state: changes ? 'pending' : 'done', step: null, since: null, retries: 0, staged: false, changed: false, failure: null, steps: [] };
}
