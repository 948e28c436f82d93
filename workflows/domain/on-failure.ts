import type { DecisionKind } from './decision.ts';
import { poolWidth } from './pool-policy.ts';
import { rollsBackByItself } from './rollback.ts';
import type { ClusterRun, NodeRun } from './run.ts';
import { rollbackNodeOf } from './run-status.ts';
import type { FailureStrategy } from './spec.ts';
import { comesBefore, firstChange } from './state.ts';

type FailedRun = Pick<ClusterRun, 'plan' | 'nodes' | 'control'>;

/**
 * What the spec has decided before about a held worker; null leaves it to a person. A person is always asked about the control
 * plane, where it is not known what the step that failed did, and on the way back.
 */
export function decisionInAdvance(onFailure: FailureStrategy, run: FailedRun, node: NodeRun): Extract<DecisionKind, 'skip' | 'rollback'> | null {
  const planned = run.plan.nodes.find(({ name }) => name === node.name);
  if (planned === undefined || planned.pool === null || node.state !== 'held' || node.rollsBack) return null;
  if (node.step === null || node.failure?.type === 'StepUnknown') return null;
  const maxUnavailable = poolWidth(run.control.policy, run.plan, planned.pool);
  switch (onFailure) {
    case 'hold': return null;
    case 'rollback-node': return rollsBackByItself(rollbackNodeOf(planned, node), rollbacksIn(run, planned.pool), maxUnavailable) ? 'rollback' : null;
    case 'skip-within-budget': return comesBefore(node.step, firstChange(planned.roles)) && failuresIn(run, planned.pool) < maxUnavailable ? 'skip' : null;
  }
}

/** Workers of a pool that were told to go back, one by one. */
function rollbacksIn(run: FailedRun, pool: string): number {
  return run.control.rollbacks.filter(({ node }) => node !== null && run.plan.nodes.some((planned) => planned.name === node && planned.pool === pool)).length;
}

/** Workers of a pool that are held, or were skipped because they failed. */
function failuresIn(run: FailedRun, pool: string): number {
  return run.plan.nodes.filter((planned, index) => {
    const own = run.nodes[index];
    return planned.pool === pool && own !== undefined && own.failure !== null && (own.state === 'held' || own.state === 'skipped');
  }).length;
}
