import { workflowInfo } from '@temporalio/workflow';
import type { ClusterRunner } from './cluster-run.ts';
import { isSkipped } from './domain/control.ts';
import type { PlannedNode, PlannedPhase } from './domain/plan.ts';
import { upgradeHeldNode } from './hold.ts';
import { inWindow } from './window.ts';

/** Worker pools in the spec's order, each through its window of `maxUnavailable` slots. A held node keeps its slot, and nothing new starts. */
export async function upgradeWorkers(run: ClusterRunner): Promise<void> {
  for (const phase of run.state.plan.phases) {
    if (phase.phase === 'workers') await upgradePool(run, phase);
  }
}

async function upgradePool(run: ClusterRunner, phase: PlannedPhase): Promise<void> {
  const nodes = phase.groups.flat().flatMap((name) => run.state.plan.nodes.filter((node) => node.name === name));
  const pending = nodes.filter((node) => run.node(node.name).state === 'pending');
  await inWindow(pending, { width: phase.maxUnavailable, mayStart: run.maySchedule }, (node) => upgradeWorker(run, node));
}

async function upgradeWorker(run: ClusterRunner, node: PlannedNode): Promise<void> {
  // The rest of the pool goes on in the next run of this workflow.
  if (workflowInfo().continueAsNewSuggested) return;
  if (isSkipped(run.state.control, node.name)) {
    run.node(node.name).state = 'skipped';
    run.show();
    return;
  }
  await upgradeHeldNode(run, node);
}
