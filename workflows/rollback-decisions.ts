import type { ClusterRunner } from './cluster-run.ts';
import type { PlannedNode } from './domain/plan.ts';
import { awaitsRollback, rollsBackWorkers } from './domain/rollback.ts';
import { rollbackNodeOf } from './domain/run-status.ts';

/** True where a node that is held or done is to go back. */
export function mustGoBack(run: ClusterRunner, planned: PlannedNode): boolean {
  return awaitsRollback(rollbackNodeOf(planned, run.node(planned.name)), run.state.control.rollbacks);
}

/** True once all workers are to go back. */
export function workersGoBack(run: ClusterRunner): boolean {
  return rollsBackWorkers(run.state.control.rollbacks);
}
