import { whileBeating } from '../activity-context.ts';
import type { PlannedUpgrade } from '../index.ts';
import { readCheckedFiles } from './check-files.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { selectorKeys } from '../observe/observe-cluster.ts';
import type { ObserveInput } from '../observe/observe-cluster.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { stepError } from '../step-error.ts';
import type { Observation } from '../../workflows/domain/observation.ts';

/**
 * Reads the cluster, and the files that will be applied, and plans. The planner runs here and not in the workflow: its plan is history, and its code stays free to change.
 * Failures: PlanRefused and SpecInvalid with every problem found, and those of reading; FileMissing.
 */
export function createPlanUpgrade(observeCluster: (input: ObserveInput) => Promise<Observation>): (input: { readonly spec: UpgradeSpec }) => Promise<PlannedUpgrade> {
  return async function planUpgradeActivity({ spec }) {
    const observation = await whileBeating(() => 'reading the cluster', () => observeCluster({ access: spec.access, nodes: spec.nodes, labelKeys: selectorKeys(spec) }));
    const result = planUpgrade(spec, observation);
    if (result.ok && !result.plan.changes) return { plan: hashPlan(result.plan) };
    if (result.ok) return { plan: hashPlan({ ...result.plan, files: await readCheckedFiles(spec) }) };
    const [first, ...others] = result.failures;
    if (first === undefined) throw stepError('Unexpected', 'the planner refused without a reason');
    throw stepError(first.type, [first, ...others].map((failure) => failure.message).join('\n'), first.next);
  };
}
