import { CancelledFailure, CancellationScope, getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';
import { api, host, inspectRestore } from './activity-options.ts';
import { now } from './cluster-run.ts';
import { compareRestores } from './domain/restore-confirmed.ts';
import { restoreReportOf } from './domain/restore-run.ts';
import type { RestoredNodeRun, RestoreRun } from './domain/restore-run.ts';
import type { RestorePlan } from './domain/restore.ts';
import type { UpgradeReport } from './domain/status.ts';
import { failureOf, workflowFailure } from './failures.ts';
import { probeSignal, restoreWorkflowId } from './messages.ts';
import type { RestoreClusterInput } from './messages.ts';
import { openRestoreMessages } from './restore-messages.ts';
import { openRestoreRun } from './restore-run.ts';
import type { RestoreRunner } from './restore-run.ts';
import { takeOrHold, takeOrHoldMany, takeTogether } from './restore-stage.ts';

/**
 * A whole cluster back to an etcd snapshot and to what its control plane ran then: the way back that a minor has (kubeadm cannot go
 * back in place). All control-plane nodes take each step together, since one member alone has no quorum.
 *
 * Until the control plane is stopped a failure or a cancel ends it, and nothing was changed. From then on it is finished: a node that
 * fails for good is held, and waits for a person. Ends with its report, `rolled-back`, `failed` or `cancelled`.
 */
export async function restoreCluster(input: RestoreClusterInput): Promise<UpgradeReport> {
  const before = new CancellationScope();
  const run = openRestoreRun(input);
  openRestoreMessages(run, () => before.cancel());
  run.show();
  return CancellationScope.nonCancellable(async () => {
    try {
      const plan = await before.run(() => prepare(run));
      await putBack(run, plan);
      return await finish(run, 'rolled-back');
    } catch (error) {
      const isCancelled = isCancellation(error);
      if (!isCancelled) run.state.failure = failureOf(error);
      if (!run.state.isStopped) await unlock(run);
      return finish(run, isCancelled ? 'cancelled' : 'failed');
    }
  });
}

/** Everything that changes nothing. */
async function prepare(run: RestoreRunner): Promise<RestorePlan> {
  const plan = await confirmPlan(run);
  await lock(run, plan);
  await takeTogether(run, controlPlane(run), {
    step: 'prepareRestore', after: 'pending',
    call: (node) => host.prepareRestore.executeWithOptions({ summary: `${node.name}: restore the snapshot beside the live data` }, [{ ...steps(run, node), snapshot: plan.snapshot, members: members(plan) }]),
  });
  // Nothing may come between this look and the stop.
  if (run.state.control.cancel !== null) throw new CancelledFailure('cancelled before the control plane was stopped');
  run.state.isStopped = true;
  return plan;
}

/** The restore itself, a stage after the other: none begins on any node before the one before has ended on all. */
async function putBack(run: RestoreRunner, plan: RestorePlan): Promise<void> {
  const { snapshot } = plan;
  await takeOrHold(run, controlPlane(run), {
    step: 'stopControlPlane', after: 'pending',
    call: (node) => host.stopControlPlane.executeWithOptions({ summary: `${node.name}: stop the control plane` }, [{ ...steps(run, node), snapshot, members: members(plan) }]),
  });
  await takeOrHold(run, controlPlane(run), {
    step: 'restoreControlPlane', after: 'pending',
    call: (node) => host.restoreControlPlane.executeWithOptions({ summary: `${node.name}: etcd, packages and manifests of ${plan.to}` }, [{ ...run.common, ...steps(run, node), snapshot }]),
  });
  const started = takeOrHold(run, controlPlane(run), {
    step: 'startControlPlane', after: 'rolled-back',
    call: (node) => host.startControlPlane.executeWithOptions({ summary: `${node.name}: start the control plane of ${plan.to}` }, [{ ...run.common, ...steps(run, node), snapshot }]),
  });
  const back = takeOrHoldMany(run, workers(run), {
    step: 'restoreWorker', after: 'rolled-back',
    call: (node) => host.restoreWorker.executeWithOptions({ summary: `${node.name}: kubelet ${node.planned.to}` }, [{ ...run.common, ...steps(run, node), snapshot }]),
  });
  await Promise.all([started, back]);
  const left = plan.workers.filter(({ name }) => run.node(name)?.state !== 'skipped');
  await verify(run, { ...plan, workers: left, written: null });
}

/** Looks at all of it once more. What it finds wrong is left to a person: every node has been put back by then. */
async function verify(run: RestoreRunner, plan: RestorePlan): Promise<void> {
  try {
    await run.step('verifyRestore', () => host.verifyRestore.executeWithOptions({ summary: `Verify the cluster at ${plan.to}` }, [{ upgrade: run.upgrade, plan }]));
  } catch (error) {
    const { next, ...failure } = failureOf(error);
    const rest = 'everything was put back, and only this look at it failed: fix what is named, then `capstan release -f FILE` gives back the lock and the cordons of the snapshot';
    throw workflowFailure({ ...failure, next: next === undefined ? rest : `${next}. ${rest}` });
  }
}

/** Plans again; nothing but what the operator saw is restored. */
async function confirmPlan(run: RestoreRunner): Promise<RestorePlan> {
  const { spec, plan: confirmed } = run.input;
  const plan = await inspectRestore.planRestore.executeWithOptions({ summary: 'Check snapshot and records again' }, [{ spec, snapshot: confirmed.snapshot.file }]);
  const differences = compareRestores(confirmed, plan);
  if (differences.length > 0) {
    throw workflowFailure({
      type: 'ClusterMoved', message: `the restore is not what was confirmed:\n${differences.join('\n')}`,
      next: 'review it again with `capstan restore -f FILE`, and confirm it again; nothing was changed',
    });
  }
  run.take(plan);
  return plan;
}

/** The cluster's lock, where an API server is there to keep it; an upgrade that runs this restore has it. */
async function lock(run: RestoreRunner, plan: RestorePlan): Promise<void> {
  if (run.isChild) return;
  await refuseSecond(run);
  if (plan.from === null) return;
  await run.step('acquireLease', () => api.acquireLease.executeWithOptions({ summary: 'Lock the cluster' }, [{ upgrade: run.upgrade, by: run.input.by }]));
}

/** A restore outlives the upgrade that began it, should somebody terminate that one: only a workflow that runs can be signalled. */
async function refuseSecond(run: RestoreRunner): Promise<void> {
  const other = restoreWorkflowId(run.input.spec.name);
  try {
    await getExternalWorkflowHandle(other).signal(probeSignal);
  } catch {
    return;
  }
  throw workflowFailure({
    type: 'ClusterLocked', message: `the restore ${other} of an upgrade that was terminated still runs`,
    next: `look at it in the Web UI, and go on with it there (signal retryNode) where it is held; nothing was changed`,
  });
}

/** What was locked and not restored is given back. */
async function unlock(run: RestoreRunner): Promise<void> {
  if (!run.state.steps.some(({ step }) => step === 'acquireLease')) return;
  try {
    await run.step('releaseLease', () => api.releaseLease.executeWithOptions({ summary: 'Unlock the cluster' }, [{ upgrade: run.upgrade }]));
  } catch (error) {
    run.state.failure ??= failureOf(error);
  }
}

async function finish(run: RestoreRunner, phase: RestoreRun['phase']): Promise<UpgradeReport> {
  run.state.phase = phase;
  run.show();
  await run.told();
  return restoreReportOf(run.state, run.input.by, now());
}

function controlPlane({ state }: RestoreRunner): readonly RestoredNodeRun[] {
  return state.nodes.filter(({ planned }) => isControlPlane(planned.roles));
}

function workers({ state }: RestoreRunner): readonly RestoredNodeRun[] {
  return state.nodes.filter(({ planned }) => !isControlPlane(planned.roles));
}

function isControlPlane(roles: readonly string[]): boolean {
  return roles.includes('control-plane') || roles.includes('etcd');
}

/** All that carry an etcd member, in the order of their names. */
function members({ nodes }: RestorePlan): RestorePlan['nodes'] {
  return nodes.filter(({ roles }) => roles.includes('etcd')).toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function steps(run: RestoreRunner, { planned, retries }: RestoredNodeRun): { readonly upgrade: RestoreRunner['upgrade']; readonly node: RestoredNodeRun['planned']; readonly retry: number; readonly epochMs: number } {
  return { upgrade: run.upgrade, node: planned, retry: retries, epochMs: run.common.epochMs };
}
