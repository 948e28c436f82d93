import type { Said } from './operator-message.ts';
import type { UpgradePlan } from './plan.ts';
import { rollbackCommand } from './restore-words.ts';
import { clusterRefusal, hasChangedControlPlane, restoresCluster } from './rollback-cluster.ts';
import { skewViolations } from './skew.ts';
import type { NodeState, NodeStep, Role, UpgradePhase } from './state.ts';

/**
 * What the operator has said about going back, and where that is possible. The only place where a word about a roll back is judged.
 * Runs inside workflows: a change here needs a replay of the recorded histories.
 */
export const ROLLBACK_SCOPES = ['node', 'workers', 'cluster'] as const;
export type RollbackScope = (typeof ROLLBACK_SCOPES)[number];

export interface RollbackRequest extends Said {
  readonly scope: RollbackScope;
  /** Null with the scopes `workers` and `cluster`. */
  readonly node: string | null;
  /** With the scope `cluster`: the name of the cluster. Empty where none was given. */
  readonly confirm: string;
}

export interface RollbackDecision extends Omit<RollbackRequest, 'confirm'> {
  /** ISO. */
  readonly at: string;
}

/** Every decision to go back, kept to the end: who, when and why. A node's own `rollsBack` says whether it was acted on. */
export type RollbackDecisions = readonly RollbackDecision[];

/** What a decision needs to know of a node. */
export interface RollbackNode {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly state: NodeState;
  /** Step that failed; null where none did. */
  readonly step: NodeStep | null;
  /** Kubelet before this upgrade, and after it. */
  readonly from: string;
  readonly to: string;
  /** False where the plan does nothing to it. */
  readonly changes: boolean;
  /** True once kubeadm may have changed its control plane, or its kubelet's package may have changed. */
  readonly changed: boolean;
  /** True once it was told to go back. */
  readonly rollsBack: boolean;
}

export interface RollbackView {
  readonly cluster: string;
  readonly etcd: UpgradePlan['etcd']['kind'];
  /** Of before the first change; null while none is taken. */
  readonly snapshot: { readonly node: string; readonly file: string } | null;
  readonly phase: UpgradePhase;
  readonly nodes: readonly RollbackNode[];
  readonly decisions: RollbackDecisions;
}

/** Reads what a message asks for: the request, or what is wrong with it. */
export function readRollback({ scope, node, confirm, by, reason }: Said & { readonly scope: string | null; readonly node: string | null; readonly confirm: string }): RollbackRequest | string {
  const known = ROLLBACK_SCOPES.find((each) => each === scope);
  if (known === undefined) return `the scope is ${ROLLBACK_SCOPES.join(', ')}, not ${scope ?? 'absent'}`;
  if (known === 'node' && node === null) return 'the scope node needs the name of a node';
  if (known !== 'node' && node !== null) return `the scope ${known} takes all of them: leave the node out`;
  return { scope: known, node, confirm, by, reason };
}

/** Why a request cannot be done now, with what to do instead; null where it can. */
export function rollbackRefusal({ scope, node, confirm }: RollbackRequest, view: RollbackView): string | null {
  if (ENDED.includes(view.phase)) return `the upgrade has ended: ${view.phase}`;
  if (scope === 'cluster') return clusterRefusal(confirm, view);
  if (scope === 'workers') return workersRefusal(view);
  const found = view.nodes.find(({ name }) => name === node);
  return found === undefined ? `no node ${node ?? ''} in this upgrade` : nodeRefusal(found, view);
}

/** Phases in which workers have been upgraded and the upgrade still waits for a word about them. */
const WORKER_PHASES: readonly UpgradePhase[] = ['workers', 'addons'];

const ENDED: readonly UpgradePhase[] = ['done', 'rolled-back', 'cancelled', 'failed'];

function workersRefusal({ phase, nodes, decisions }: RollbackView): string | null {
  if (rollsBackWorkers(decisions)) return 'all workers are going back already';
  if (!WORKER_PHASES.includes(phase)) return `the upgrade is in phase ${phase}: workers go back while the upgrade is in the phase workers or addons`;
  const changed = nodes.filter((node) => isWorker(node) && node.changes && !node.rollsBack && node.state !== 'pending' && node.state !== 'skipped');
  if (changed.length === 0) return 'no worker has changed yet: `capstan pause` starts no further one';
  return changed.map(skewRefusal).find((refusal) => refusal !== null) ?? null;
}

function nodeRefusal(node: RollbackNode, { cluster, phase, decisions }: RollbackView): string | null {
  const { name, state, step } = node;
  if (state === 'rolled-back') return `${name} is rolled back already`;
  if (node.rollsBack) return state === 'held' ? `${name} is held on its way back: \`capstan retry ${name}\` goes on with it` : `${name} is going back already`;
  if (decisions.some((decision) => decision.node === name)) return `${name} is going back already`;
  if (!node.changes) return `${name} was at ${node.to} before this upgrade: there is nothing to take back`;
  if (state === 'pending') return `${name} has not begun, so nothing of it has changed: \`capstan skip ${name}\` leaves it as it is`;
  if (state === 'skipped') return `${name} was skipped: it is left as it is`;
  if (!isWorker(node)) return controlPlaneRefusal(node, cluster);
  if (state === 'held' && step === 'stageNode') return `nothing of ${name} has changed: \`capstan skip ${name}\` leaves it as it is`;
  if (state !== 'held' && state !== 'done') return `${name} is ${state}: it can go back once it is held or done`;
  if (state === 'done' && !WORKER_PHASES.includes(phase)) return `the upgrade is in phase ${phase}: an upgraded worker goes back while the upgrade is in the phase workers or addons`;
  if (rollsBackWorkers(decisions)) return `all workers are going back already, ${name} among them`;
  return skewRefusal(node);
}

/** Its API server and its etcd member move on with the others of the cluster: alone they cannot go back (kubeadm, "downgrade is not supported"). */
function controlPlaneRefusal({ name, state, step, changed }: RollbackNode, cluster: string): string | null {
  if (changed || state === 'done') return `kubeadm may have changed the control plane of ${name}: it cannot go back alone. Retry it; the whole cluster goes back by the etcd snapshot of before the first change: \`${rollbackCommand(cluster)}\``;
  if (state === 'held') return step === 'stageNode' ? `nothing of ${name} has changed: \`capstan skip ${name}\` leaves it as it is` : null;
  return `${name} is ${state}: it can go back once it is held, while kubeadm has not changed it`;
}

function skewRefusal({ name, from, to }: RollbackNode): string | null {
  const [violation] = skewViolations({ apiServers: [{ item: 'the API servers', version: to }], kubelets: [{ item: `the kubelet of ${name}`, version: from }], kubeProxies: [] });
  return violation === undefined ? null : `${name} cannot go back to ${from}: ${violation.rule}`;
}

/** True where a node waits to go back: by a word about it, or about all workers. A held one is taken up where it is held. */
export function awaitsRollback(node: RollbackNode, decisions: RollbackDecisions): boolean {
  if (node.rollsBack || (node.state !== 'held' && node.state !== 'done')) return false;
  if (decisions.some((decision) => decision.node === node.name)) return true;
  return rollsBackWorkers(decisions) && isWorker(node) && node.changes;
}

/** True once all workers are to go back: no further one is upgraded, and the upgrade ends as `rolled-back`. */
export function rollsBackWorkers(decisions: RollbackDecisions): boolean {
  return decisions.some(({ scope }) => scope === 'workers');
}

/**
 * True where the spec has decided before that a failed node goes back: a worker, while fewer of its pool than may be down at
 * once went this way. From then on the cause is not the node's own, and a person decides. A control-plane node is always held.
 *
 * @param gone Nodes of its pool that were told to go back before.
 */
export function rollsBackByItself(node: RollbackNode, gone: number, maxUnavailable: number): boolean {
  return node.state === 'held' && node.step !== 'stageNode' && isWorker(node) && !node.rollsBack && gone < maxUnavailable && skewRefusal(node) === null;
}

function isWorker({ roles }: Pick<RollbackNode, 'roles'>): boolean {
  return !roles.includes('control-plane') && !roles.includes('etcd');
}

const MOST_NAMED = 5;

/** Where going back is possible now and where it no longer is, a sentence each. */
export function wayBack(view: RollbackView): readonly string[] {
  const { cluster, phase, nodes, decisions, snapshot } = view;
  if (restoresCluster(decisions)) return [];
  const lines: string[] = [];
  const passed = nodes.filter(hasChangedControlPlane).map(({ name }) => name);
  if (passed.length > 0) lines.push(`kubeadm has changed the control plane of ${passed.join(', ')}: no way back alone${snapshot === null ? '' : `, only by the etcd snapshot ${snapshot.file} (${snapshot.node}), \`${rollbackCommand(cluster)}\``}`);
  const held = nodes.filter((node) => node.state === 'held' && nodeRefusal(node, view) === null).map(({ name }) => name);
  if (held.length > 0) {
    const more = held.length > MOST_NAMED ? ` and ${held.length - MOST_NAMED} more` : '';
    lines.push(`held, and not yet past it: ${held.slice(0, MOST_NAMED).map((name) => `\`capstan rollback ${name}\``).join(', ')}${more}`);
  }
  const workers = nodes.filter((node) => isWorker(node) && node.changes && node.state === 'done' && !node.rollsBack).length;
  if (workers > 0 && WORKER_PHASES.includes(phase) && !rollsBackWorkers(decisions)) {
    lines.push(`${workers} upgraded ${workers === 1 ? 'worker goes' : 'workers go'} back by \`capstan rollback NODE\`, or all by \`capstan rollback --scope workers\`, until the upgrade is verified`);
  }
  return lines;
}
