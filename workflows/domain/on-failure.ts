import type { UpgradePlan } from './plan.ts';
import { poolWidth } from './pool-policy.ts';
import type { ClusterRun, NodeRun } from './run.ts';
import type { FailureStrategy } from './spec.ts';
import { comesBefore, firstChange } from './state.ts';

/**
 * Whether a held worker is given back without asking a person: it failed in a step before its first change, what that step did is
 * known, and fewer workers of its pool have failed, this one included, than may be down at once. So a pool that goes one at a time
 * always asks.
 */
export function isSkippedByStrategy(onFailure: FailureStrategy, run: Pick<ClusterRun, 'plan' | 'nodes' | 'control'>, node: NodeRun): boolean {
  if (onFailure === 'hold' || node.state !== 'held' || node.step === null || node.failure?.type === 'StepUnknown') return false;
  const planned = run.plan.nodes.find(({ name }) => name === node.name);
  if (planned === undefined || planned.pool === null || !comesBefore(node.step, firstChange(planned.roles))) return false;
  return failuresOf(run.plan, run.nodes, planned.pool) < poolWidth(run.control.policy, run.plan, planned.pool);
}

/** Workers of a pool that are held, or were skipped because they failed. */
function failuresOf(plan: UpgradePlan, nodes: readonly NodeRun[], pool: string): number {
  return plan.nodes.filter((planned, index) => {
    const own = nodes[index];
    return planned.pool === pool && own !== undefined && own.failure !== null && (own.state === 'held' || own.state === 'skipped');
  }).length;
}
