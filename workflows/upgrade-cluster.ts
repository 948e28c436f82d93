import { CancellationScope, ContinueAsNew, isCancellation } from '@temporalio/workflow';
import { api, host, inspect } from './activity-options.ts';
import { upgradeAddons } from './addons.ts';
import { hear, openMessages } from './cluster-messages.ts';
import { awaitApproval, watchResume } from './come-back.ts';
import { now, openClusterRun } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { continueWhereFull } from './continue.ts';
import { comparePlans } from './domain/compare-plans.ts';
import type { Finding } from './domain/check.ts';
import { readMessage } from './domain/operator-message.ts';
import { reportOf } from './domain/run-status.ts';
import type { NodeState, UpgradePhase, UpgradeState } from './domain/state.ts';
import type { UpgradeReport } from './domain/status.ts';
import { failureOf, workflowFailure } from './failures.ts';
import type { UpgradeClusterInput } from './messages.ts';
import { upgradeControlPlane } from './control-plane.ts';
import { landAll, watchInherited } from './flight.ts';
import { releaseNode } from './hold.ts';
import { restoreWhole, wholeGoesBack } from './restore-whole.ts';
import { workersGoBack } from './rollback-decisions.ts';
import { rolledBackFinding, rollBackWorkers } from './rollback-workers.ts';
import { stageNodes } from './stage-nodes.ts';
import { releaseTaints, upgradeWorkers } from './workers.ts';

/**
 * One upgrade of one cluster, from preflight to verify. Ends with its report, `done`, `rolled-back`, `failed` or `cancelled`;
 * a node that fails does not end it: the upgrade is held and waits for a decision, by `resolveHold` or a signal.
 * `cancel` and a cancellation requested in Temporal take the same way: the body's scope is cancelled, nodes in flight land, what is ours is released.
 */
export async function upgradeCluster(input: UpgradeClusterInput): Promise<UpgradeReport> {
  const body = new CancellationScope();
  const run = openClusterRun(input, () => body.cancel());
  openMessages(run);
  // Said just before the run before this one was over.
  if (run.state.control.cancel !== null || wholeGoesBack(run)) body.cancel();
  const phase = (name: UpgradePhase, body: () => Promise<void>): Promise<void> => runPhase(run, name, body);
  try {
    await body.run(async () => {
      await confirmPlan(run);
      void watchInherited(run);
      void watchResume(run);
      await phase('preflight', () => preflight(run));
      await phase('snapshot', () => prepare(run));
      await phase('control-plane', () => upgradeControlPlane(run));
      await phase('workers', () => upgradeWorkers(run));
      await phase('addons', () => finishWorkers(run));
      if (workersGoBack(run)) await phase('rolling-back', () => rollBackWorkers(run, 'workers'));
      await phase('verify', () => verify(run));
    });
    if (wholeGoesBack(run)) return await goBack(run);
    if (!workersGoBack(run)) return await finish(run, 'done');
    run.state.findings = [...run.state.findings, rolledBackFinding(run)];
    return await finish(run, 'rolled-back');
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    if (wholeGoesBack(run)) return await goBack(run);
    const isCancelled = isCancellation(error);
    if (isCancelled) noteCancellation(run);
    else run.state.failure = failureOf(error);
    await CancellationScope.nonCancellable(() => landAll(run, isCancelled));
    return await finish(run, isCancelled ? 'cancelled' : 'failed');
  }
}

/** Ends the upgrade by taking the whole cluster back. Nothing interrupts it: what may still be said, the restore hears. */
async function goBack(run: ClusterRunner): Promise<UpgradeReport> {
  return CancellationScope.nonCancellable(async () => finish(run, await restoreWhole(run)));
}

/** A cancellation requested in Temporal is a decision like any other; Temporal does not tell whose. */
function noteCancellation(run: ClusterRunner): void {
  if (run.state.control.cancel === null) hear(run, readMessage('cancel', { reason: 'requested in Temporal' }));
}

/** Runs a phase that an earlier run of this upgrade has not finished; pauses and continues as new only between phases and nodes. */
async function runPhase(run: ClusterRunner, name: UpgradePhase, body: () => Promise<void>): Promise<void> {
  if (run.state.phasesDone.includes(name)) return;
  run.enter(name);
  // A phase that goes on in a new history looks after its held nodes itself.
  if (run.input.resume?.phase !== name || run.input.resume.begun === false) {
    run.state.begun = false;
    await run.mayGoOn();
    // What a pause has changed is laid out before the phase begins.
    await continueWhereFull(run);
    run.state.begun = true;
  }
  await body();
  // What was laid out anew has this phase done again; a history that is merely full goes on with the next one.
  if (run.history.isEnded()) await continueWhereFull(run);
  run.leave(name);
}

/** What comes when all workers are through: add-ons due last, unless the workers go back; and single ones that go back. */
async function finishWorkers(run: ClusterRunner): Promise<void> {
  if (!workersGoBack(run)) await upgradeAddons(run, 'workers');
  await rollBackWorkers(run, 'node');
}

/** Plans again; nothing but the approved plan is executed. */
async function confirmPlan(run: ClusterRunner): Promise<void> {
  const { input } = run;
  run.enter(run.state.phase);
  if (input.resume !== undefined) return;
  await confirmUnmoved(run);
  if (input.awaitApproval !== true) return;
  await awaitApproval(run);
  // Days may have passed since it was read.
  await confirmUnmoved(run);
}

async function confirmUnmoved(run: ClusterRunner): Promise<void> {
  const { input } = run;
  const { plan } = await inspect.planUpgrade.executeWithOptions({ summary: 'Read the cluster and plan' }, [{ spec: input.spec }]);
  const differences = comparePlans(input.plan, plan);
  // A plan that somebody sends by hand may carry the hash of another one.
  if (plan.hash === input.plan.hash && differences.length === 0) return;
  throw workflowFailure({
    type: 'ClusterMoved',
    message: `the cluster is not what the approved plan was made from:\n${differences.join('\n')}`,
    next: 'run `capstan start` again and approve the new plan; nothing was changed',
  });
}

async function preflight(run: ClusterRunner): Promise<void> {
  const { spec } = run;
  const { plan } = run.state;
  await run.step('acquireLease', () => api.acquireLease.executeWithOptions({ summary: 'Lock the cluster' }, [{ upgrade: run.upgrade, by: run.startedBy }]));
  const result = await inspect.runPreflight.executeWithOptions({ summary: 'Preflight' }, [{ spec, plan }]);
  run.record({ step: 'runPreflight', startedAt: result.startedAt, seconds: result.seconds, busySeconds: result.seconds, attempts: 1, note: `${result.findings.length} findings` });
  run.state.findings = result.findings.filter((finding) => finding.severity !== 'info');
  const blocking = result.findings.filter((finding) => finding.severity === 'block');
  if (blocking.length === 0) return;
  throw workflowFailure({
    type: 'PreflightBlocked',
    message: `preflight blocks:\n${blocking.map(findingLine).join('\n')}`,
    next: 'do what is named above, or waive a check with --ignore (docs/checks.md), then run `capstan start` again; nothing was changed',
  });
}

function findingLine(finding: Finding): string {
  const where = finding.node === null ? '' : `${finding.node}: `;
  const next = finding.next === null ? '' : ` (${finding.next})`;
  return `${finding.check}: ${where}${finding.message}${next}`;
}

async function prepare(run: ClusterRunner): Promise<void> {
  if (run.members.length > 0 && run.state.snapshot === null) {
    run.state.snapshot = await run.step('snapshotEtcd', () =>
      host.snapshotEtcd.executeWithOptions({ summary: 'Take and verify an etcd snapshot' }, [{ upgrade: run.upgrade, members: run.members, nodes: run.state.plan.nodes, etcd: run.spec.etcd, epochMs: run.epochMs }]),
    );
  }
  await recordControlPlane(run);
  await stageNodes(run);
}

/** All of it where any of it changes: a restore takes every control-plane node back. */
async function recordControlPlane(run: ClusterRunner): Promise<void> {
  const { plan, steps } = run.state;
  const nodes = plan.nodes.filter((node) => node.roles.includes('control-plane'));
  if (!nodes.some((node) => node.changes) || steps.some(({ step }) => step === 'recordControlPlane')) return;
  await run.step('recordControlPlane', () =>
    host.recordControlPlane.executeWithOptions({ summary: 'Record the way back of the control plane' }, [{ upgrade: run.upgrade, nodes, epochMs: run.epochMs }]),
  );
}

async function verify(run: ClusterRunner): Promise<void> {
  const named = (...states: readonly NodeState[]): readonly string[] => run.state.nodes.filter((node) => states.includes(node.state)).map((node) => node.name);
  // A worker is still pending where all of them go back.
  const gone = run.state.nodes.filter((node) => node.note === 'gone' && node.state !== 'skipped').map((node) => node.name);
  const skipped = [...named('skipped', 'pending'), ...gone];
  const rolledBack = named('rolled-back');
  await run.step('verifyCluster', () =>
    api.verifyCluster.executeWithOptions({ summary: `Verify the cluster at ${run.state.plan.to}` }, [{ upgrade: run.upgrade, plan: run.state.plan, skipped, ...(rolledBack.length === 0 ? {} : { rolledBack }) }]),
  );
}

/** Releases what is still ours whatever happened, and answers with the report. */
async function finish(run: ClusterRunner, state: Extract<UpgradeState, 'done' | 'rolled-back' | 'failed' | 'cancelled'>): Promise<UpgradeReport> {
  await CancellationScope.nonCancellable(() => release(run));
  run.enter(state);
  return reportOf(run.state, run.startedBy, now());
}

async function release(run: ClusterRunner): Promise<void> {
  const held = [...run.open].filter((name) => run.node(name).state === 'held').map(run.planned);
  for (const node of held) {
    // Also where a failure is known already.
    const failure = await releaseNode(run, node);
    run.state.failure ??= failure;
  }
  try {
    await releaseTaints(run);
  } catch (error) {
    run.state.failure ??= failureOf(error);
  }
  try {
    await run.step('releaseLease', () => api.releaseLease.executeWithOptions({ summary: 'Unlock the cluster' }, [{ upgrade: run.upgrade }]));
  } catch (error) {
    run.state.failure ??= failureOf(error);
  }
}
