import { ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { withoutDecision } from './domain/control.ts';
import type { PlannedNode, PlannedPhase } from './domain/plan.ts';
import { awaitsRollback, readRollback, rollbackRefusal, rollsBackByItself, rollsBackWorkers } from './domain/rollback.ts';
import type { RollbackRequest } from './domain/rollback.ts';
import { rollbackNodeOf, rollbackView } from './domain/run-status.ts';
import { rollbackSignal, rollbackUpdate } from './messages.ts';

/** Takes words about going back. Both ways end in one judgement; only the update answers. */
export function openRollbackMessages(run: ClusterRunner): void {
  const judge = (given: unknown): RollbackRequest | string => {
    const request = readRollback(given);
    if (typeof request === 'string') return request;
    return rollbackRefusal(request, rollbackView(run.state)) ?? request;
  };
  setHandler(rollbackSignal, (given) => {
    const request = judge(given);
    if (typeof request === 'string') log.warn('message without effect', { warning: request });
    else take(run, request);
  }, { description: 'Take a held or upgraded node, or all workers, back to what they were' });
  setHandler(rollbackUpdate, (given) => {
    const request = judge(given);
    // Another word may have come between the check and this.
    if (typeof request === 'string') throw refusal(request);
    return take(run, request);
  }, {
    description: 'The same, and says whether it can be done',
    validator: (given) => {
      const request = judge(given);
      if (typeof request === 'string') throw refusal(request);
    },
  });
}

function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'PlanRefused', message, nonRetryable: true, details: [{ type: 'PlanRefused', message }] });
}

/** Keeps the decision; what waits for it acts on it. Returns what will happen. */
function take(run: ClusterRunner, request: RollbackRequest): string {
  const { state } = run;
  state.rollbacks = [...state.rollbacks, { ...request, at: now() }];
  if (request.node !== null) state.control = withoutDecision(state.control, request.node);
  run.show();
  const paused = state.control.pause === null ? '' : ' once the upgrade is resumed';
  if (request.node === null) return `the upgraded workers go back, the newest first${paused}; no further one is upgraded, and the control plane stays at ${state.plan.to}`;
  const { from } = run.planned(request.node);
  return `${request.node} goes back to ${from}${run.node(request.node).state === 'held' ? '' : paused}`;
}

/** The spec's own decision on a worker that has just failed; nothing where it leaves that to a person. */
export function decideInAdvance(run: ClusterRunner, planned: PlannedNode): void {
  if (run.spec.strategy?.onFailure !== 'rollback-node' || mustGoBack(run, planned)) return;
  const own = run.node(planned.name);
  const gone = run.state.rollbacks.filter(({ node }) => node !== null && run.planned(node).pool === planned.pool).length;
  if (!rollsBackByItself(rollbackNodeOf(planned, own), gone, phaseOf(run, planned)?.maxUnavailable ?? 0)) return;
  take(run, { scope: 'node', node: planned.name, by: 'spec.strategy.onFailure', reason: own.failure?.type ?? '' });
}

/** True where a held node is to go back. */
export function mustGoBack(run: ClusterRunner, planned: PlannedNode): boolean {
  return awaitsRollback(rollbackNodeOf(planned, run.node(planned.name)), run.state.rollbacks);
}

/** True once all workers are to go back. */
export function workersGoBack(run: ClusterRunner): boolean {
  return rollsBackWorkers(run.state.rollbacks);
}

/** The phase that upgrades the pool of a worker. */
export function phaseOf(run: ClusterRunner, { pool }: PlannedNode): PlannedPhase | undefined {
  return run.state.plan.phases.find((phase) => phase.phase === 'workers' && phase.pool === pool);
}
