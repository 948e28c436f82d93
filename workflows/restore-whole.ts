import { CancellationScope, getExternalWorkflowHandle, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import type { Finding } from './domain/check.ts';
import { withDecision } from './domain/decision.ts';
import type { Decision } from './domain/decision.ts';
import type { OperatorMessage } from './domain/operator-message.ts';
import { confirmedOfUpgrade } from './domain/restore-confirmed.ts';
import { restoresCluster } from './domain/rollback-cluster.ts';
import { addTimes, DETAILED_NODES, timesOf } from './domain/run.ts';
import type { NodeRun } from './domain/run.ts';
import type { UpgradeReport } from './domain/status.ts';
import { failureOf } from './failures.ts';
import { landAll } from './flight.ts';
import { cancelSignal, restoreWorkflowId, retryNodeSignal, skipNodeSignal } from './messages.ts';
import type { RestoreClusterInput, RestoreProgressMessage } from './messages.ts';
import { restoreCluster } from './restore-cluster.ts';

/** How the upgrade ends that goes back as a whole. */
export type RestoreEnd = 'rolled-back' | 'failed' | 'cancelled';

/** True once a person has decided that the whole cluster goes back. */
export function wholeGoesBack(run: ClusterRunner): boolean {
  return restoresCluster(run.state.control.rollbacks);
}

/**
 * Takes the whole cluster back by the snapshot of this upgrade. Nodes in flight land first, as on a cancel; held ones wait no more.
 * The restore outlives this workflow, should somebody terminate it: a control plane that is stopped must not be left.
 */
export async function restoreWhole(run: ClusterRunner): Promise<RestoreEnd> {
  run.restoring.stage = 'landing';
  run.enter('rolling-back');
  await landAll(run, true);
  if (run.state.control.cancel !== null) return 'cancelled';
  const before = run.state.nodes.map(({ name, state, step, failure }) => ({ name, state, step, failure }));
  letGo(run);
  const report = await reportOfRestore(run);
  run.restoring.stage = 'over';
  const isUntouched = report === null ? !run.restoring.stopped : report.nodes.every(({ state }) => state === 'pending');
  // What is ours on a held node is then given back with the upgrade's end.
  if (isUntouched) for (const own of before) putBack(run, own);
  if (report !== null) takeReport(run, report, !isUntouched);
  return endOf(report);
}

async function reportOfRestore(run: ClusterRunner): Promise<UpgradeReport | null> {
  try {
    const child = await startChild(restoreCluster, {
      workflowId: restoreWorkflowId(run.spec.name), parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${run.spec.name}: back from ${run.state.plan.to} to ${run.state.plan.from}`, args: [inputOf(run)],
    });
    run.restoring.stage = 'running';
    // Said while there was no workflow yet to be told.
    if (run.state.control.cancel !== null) passToRestore(run, { kind: 'cancel', ...run.state.control.cancel });
    return await child.result();
  } catch (error) {
    run.state.failure = failureOf(error);
    return null;
  }
}

function inputOf({ spec, state }: ClusterRunner): RestoreClusterInput {
  const decision = state.control.rollbacks.find(({ scope }) => scope === 'cluster');
  if (state.snapshot === null) throw new Error('a restore was accepted without a snapshot');
  return { spec, plan: confirmedOfUpgrade(state.plan, state.id, state.snapshot), by: decision?.by ?? 'unknown', reason: decision?.reason ?? '' };
}

/** Held nodes wait for no word any more. */
function letGo(run: ClusterRunner): void {
  for (const name of run.open) if (run.node(name).state === 'held') Object.assign(run.node(name), { state: 'pending', failure: null, since: now() });
  run.show();
}

/** Passes a word on that the restore acts on. */
export function passToRestore(run: ClusterRunner, message: OperatorMessage): void {
  if (run.restoring.stage !== 'running') return;
  const { by, reason } = message;
  const restore = getExternalWorkflowHandle(restoreWorkflowId(run.spec.name));
  const passed = CancellationScope.nonCancellable(async () => {
    if (message.kind === 'retry') await restore.signal(retryNodeSignal, { node: message.node, by, reason });
    if (message.kind === 'skip') await restore.signal(skipNodeSignal, { node: message.node, by, reason });
    if (message.kind === 'cancel') await restore.signal(cancelSignal, { by, reason });
  });
  void passed.catch((error: unknown) => { log.warn('message not passed on', { kind: message.kind, cause: String(error) }); });
}

/** Shows how the nodes of the restore stand as if they were this upgrade's own. */
export function takeProgress(run: ClusterRunner, { stopped, nodes }: RestoreProgressMessage): void {
  run.restoring.stopped ||= stopped;
  for (const { node, ...change } of nodes) {
    if (!isKnown(run, node)) continue;
    Object.assign(run.node(node), { ...change, since: now() });
    if (change.state === 'held') run.open.add(node);
    else run.open.delete(node);
  }
  if (run.restoring.stopped) undoLateCancel(run);
  run.show();
}

/** A cancel that crossed the stop of the control plane: the restore refused it. */
function undoLateCancel(run: ClusterRunner): void {
  const { cancel } = run.state.control;
  if (cancel === null) return;
  run.state.control = { ...run.state.control, cancel: null };
  const refusal = 'the control plane had been stopped by then: the restore is finished';
  note(run, { at: now(), kind: 'cancel', node: null, by: cancel.by, reason: cancel.reason, detail: '', refusal });
}

function putBack(run: ClusterRunner, { name, ...own }: Pick<NodeRun, 'name' | 'state' | 'step' | 'failure'>): void {
  Object.assign(run.node(name), own);
  if (own.state === 'held') run.open.add(name);
}

function takeReport(run: ClusterRunner, report: UpgradeReport, hasChanged: boolean): void {
  for (const step of report.steps) run.record(step);
  for (const { name, state, steps } of report.nodes) {
    if (!isKnown(run, name)) continue;
    const own = run.node(name);
    addTimes(run.state, own, timesOf(steps, run.state.plan.nodes.length <= DETAILED_NODES));
    if (!hasChanged) continue;
    Object.assign(own, { state, step: null, failure: null });
    run.open.delete(name);
  }
  // What was said to the restore itself, from the Web UI.
  for (const decision of report.decisions) if (!run.state.decisions.some((own) => isSame(own, decision))) note(run, decision);
  run.state.failure = report.failure;
  if (report.state === 'rolled-back') run.state.findings = [...run.state.findings, restoredFinding(run)];
}

function isSame(left: Decision, right: Decision): boolean {
  return left.kind === right.kind && left.node === right.node && left.by === right.by && left.reason === right.reason;
}

function note(run: ClusterRunner, decision: Decision): void {
  run.state.decisions = withDecision(run.state.decisions, decision);
}

function isKnown(run: ClusterRunner, name: string): boolean {
  return run.state.plan.nodes.some((node) => node.name === name);
}

function endOf(report: UpgradeReport | null): RestoreEnd {
  return report?.state === 'rolled-back' || report?.state === 'cancelled' ? report.state : 'failed';
}

function restoredFinding({ state: { plan, snapshot, control } }: ClusterRunner): Finding {
  const decision = control.rollbacks.find(({ scope }) => scope === 'cluster');
  return {
    check: 'rolled-back', severity: 'warn', node: null, next: 'find the cause; then `capstan start` upgrades the cluster again',
    message: `The whole cluster is back at ${plan.from}, as ${decision?.by ?? 'somebody'} decided${decision === undefined || decision.reason === '' ? '' : ` (${decision.reason})`}. `
      + `What was written after the snapshot of ${snapshot?.takenAt ?? 'before'} is lost`,
  };
}
