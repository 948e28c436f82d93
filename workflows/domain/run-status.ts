import type { ClusterRun, NodeRun } from './run.ts';
import type { PlannedNode } from './plan.ts';
import { ignored, planWords } from './plan-words.ts';
import { overheadSeconds } from './report.ts';
import { wayBack } from './rollback.ts';
import type { RollbackNode, RollbackView } from './rollback.ts';
import { restoresCluster } from './rollback-cluster.ts';
import type { UpgradePhase, UpgradeState } from './state.ts';
import type { NodeStatus, ReportedNode, RestoreNote, UpgradeReport, UpgradeStatus } from './status.ts';

/** State of the upgrade as a whole. Held goes before paused: it needs a decision, not only a resume. */
export function upgradeState(run: ClusterRun): UpgradeState {
  if (isOver(run.phase)) return run.phase;
  if (run.nodes.some((node) => node.state === 'held')) return 'held';
  return run.control.pause === null && run.approval === null ? 'running' : 'paused';
}

export function isOver(phase: UpgradePhase): phase is Extract<UpgradePhase, 'done' | 'rolled-back' | 'cancelled' | 'failed'> {
  return phase === 'done' || phase === 'rolled-back' || phase === 'cancelled' || phase === 'failed';
}

export function statusOf(run: ClusterRun, startedBy: string): UpgradeStatus {
  const { plan } = run;
  return {
    cluster: plan.cluster, from: plan.from, to: plan.to, state: upgradeState(run), phase: run.phase,
    startedAt: run.startedAt, startedBy, planHash: plan.hash,
    pause: run.control.pause === null ? null : { by: run.control.pause.by, reason: run.control.pause.reason, at: run.control.pause.at },
    ...resumeOf(run), ...executesOf(run),
    cancel: run.control.cancel, policy: run.control.policy, decisions: run.decisions,
    failure: run.failure, findings: run.findings, ...wayBackOf(run), ...restoreOf(run),
    nodes: withRuns(run, nodeStatus),
  };
}

/** What decisions about going back are made from. */
export function rollbackView(run: ClusterRun): RollbackView {
  const { plan, phase, snapshot } = run;
  return { cluster: plan.cluster, etcd: plan.etcd.kind, snapshot, phase, decisions: run.control.rollbacks, nodes: withRuns(run, rollbackNodeOf) };
}

/** A node that is gone, or that somebody upgraded by hand, has nothing of ours to take back. */
export function rollbackNodeOf({ name, roles, from, to, changes }: PlannedNode, { state, step, changed, rollsBack, note }: NodeRun): RollbackNode {
  return { name, roles, from, to, changes: changes && note !== 'gone' && note !== 'upgraded by hand', state, step, changed, rollsBack };
}

/** What only some upgrades have to say about going on after a pause. */
function resumeOf({ control: { resume, approved }, approval, resumed }: ClusterRun): Pick<UpgradeStatus, 'resuming' | 'approval' | 'resumed'> {
  const isWaiting = approval !== null && approved === null;
  return {
    ...(resume === null || isWaiting ? {} : { resuming: { by: resume.by, reason: resume.reason, at: resume.at } }),
    ...(isWaiting ? { approval } : {}), ...(resumed === null ? {} : { resumed }),
  };
}

/** The whole of it while somebody is asked for the first yes. */
function executesOf({ plan, approval }: ClusterRun): Pick<UpgradeStatus, 'executes'> {
  const words = approval?.kind === 'start' ? planWords(plan) : ignored(plan);
  return words.length === 0 ? {} : { executes: words };
}

function wayBackOf(run: ClusterRun): { readonly wayBack?: readonly string[] } {
  const lines = isOver(run.phase) ? [] : wayBack(rollbackView(run));
  return lines.length === 0 ? {} : { wayBack: lines };
}

/** Absent where the whole cluster does not go back, or was not touched by it. */
function restoreOf({ plan, phase, snapshot, control }: ClusterRun): { readonly restore?: RestoreNote } {
  if (snapshot === null || !restoresCluster(control.rollbacks) || phase === 'cancelled') return {};
  return { restore: { to: plan.from, snapshot: snapshot.file, takenAt: snapshot.takenAt } };
}

function nodeStatus(node: PlannedNode, run: NodeRun): NodeStatus {
  return {
    name: node.name, roles: node.roles, pool: node.pool, state: run.state, step: run.step, since: run.since,
    from: node.from, to: node.to, failure: run.failure, ...(run.note === null ? {} : { note: run.note }),
  };
}

/** The report as of `now`, an ISO time. */
export function reportOf(run: ClusterRun, startedBy: string, now: string): UpgradeReport {
  const { plan, snapshot } = run;
  return {
    cluster: plan.cluster, from: plan.from, to: plan.to, state: upgradeState(run), startedAt: run.startedAt, startedBy, planHash: plan.hash,
    nodes: withRuns(run, reportedNode),
    steps: run.steps,
    decisions: run.decisions,
    snapshot: snapshot === null ? null : { node: snapshot.node, file: snapshot.file, sha256: snapshot.sha256, takenAt: snapshot.takenAt },
    ...(plan.etcd.backup === undefined ? {} : { backup: plan.etcd.backup }),
    failure: run.failure, findings: run.findings, ...(plan.leftOut === undefined ? {} : { leftOut: plan.leftOut }), ...ignoredOf(run), ...(run.resumed === null ? {} : { resumed: run.resumed }), ...restoreOf(run),
    overheadSeconds: overheadSeconds(run.covered, run.startedAt, now),
    wallSeconds: seconds(run.startedAt, now),
  };
}

function ignoredOf({ plan }: ClusterRun): Pick<UpgradeReport, 'ignored'> {
  const words = ignored(plan);
  return words.length === 0 ? {} : { ignored: words };
}

function reportedNode(node: PlannedNode, run: NodeRun): ReportedNode {
  return { name: node.name, roles: node.roles, state: run.state, ...(run.note === null ? {} : { note: run.note }), steps: run.steps, total: run.total };
}

/** Both lists have the order of the plan. */
function withRuns<T>(run: ClusterRun, build: (node: PlannedNode, run: NodeRun) => T): readonly T[] {
  return run.plan.nodes.flatMap((node, index) => {
    const own = run.nodes[index];
    return own === undefined ? [] : [build(node, own)];
  });
}

function seconds(from: string, to: string): number {
  return Math.round(Date.parse(to) - Date.parse(from)) / 1000;
}
