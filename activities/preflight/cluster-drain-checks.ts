import type { Finding } from '../../workflows/domain/check.ts';
import { drainPolicy } from '../../workflows/domain/drain-policy.ts';
import { compareNames } from '../../workflows/domain/order.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { DisruptionBudget, Pod } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { budgetsOf, drainFate, refusalAdvice, refusalText } from '../nodes/drain-pods.ts';
import type { DrainFate } from '../nodes/drain-pods.ts';
import { podName } from '../nodes/ready.ts';
import { concurrently } from '../kubernetes/concurrently.ts';
import { orHold } from './cluster-finding.ts';

/** Lists of pods under way at once: one for each node. */
const WIDTH = 8;

/** What would stop a drain: pods that it may not evict (block), budgets that allow nothing now (warn). */
export async function drainFindings(kube: Kube, spec: UpgradeSpec, plan: UpgradePlan): Promise<Finding[]> {
  const budgets = await kube.listBudgets();
  const refusals: Finding[] = [];
  const evicted: Pod[] = [];
  await concurrently(plan.nodes, WIDTH, async (node) => {
    const drain = drainPolicy(spec, node);
    if (!node.changes || !drain.enabled) return;
    const pods = await kube.listPods({ node: node.name, ...(drain.podSelector === null ? {} : { labels: drain.podSelector }) });
    for (const pod of pods) {
      const fate = drainFate(pod, drain, budgets);
      if (fate.kind === 'refused') refusals.push(refusalFinding(pod, node, fate));
      if (fate.kind === 'evicted') evicted.push(pod);
    }
  });
  refusals.sort((one, other) => compareNames(one.message, other.message));
  return [
    ...orHold(refusals, 'pods-evictable', 'Every pod on the nodes to upgrade may be evicted.'),
    ...orHold(budgetFindings(evicted, budgets), 'budgets-allow', 'Every PodDisruptionBudget allows a disruption now.'),
  ];
}

function refusalFinding(pod: Pod, node: PlannedNode, fate: Extract<DrainFate, { kind: 'refused' }>): Finding {
  return {
    check: 'pods-evictable',
    severity: 'block',
    node: node.name,
    message: `A drain of node ${node.name} would refuse ${refusalText(pod, fate, node.pool)}.`,
    next: refusalAdvice(pod, fate, node.pool),
  };
}

function budgetFindings(pods: readonly Pod[], budgets: readonly DisruptionBudget[]): readonly Finding[] {
  const sorted = budgets.toSorted((one, other) => compareNames(nameOf(one), nameOf(other)));
  return sorted.flatMap((budget): readonly Finding[] => {
    if (budget.status === undefined || budget.status.disruptionsAllowed > 0) return [];
    const guarded = pods.filter((pod) => budgetsOf(pod, [budget]).length > 0).map(podName).toSorted(compareNames);
    if (guarded.length === 0) return [];
    return [{
      check: 'budgets-allow',
      severity: 'warn',
      node: null,
      message: `The PodDisruptionBudget ${nameOf(budget)} allows no disruption now (${budget.status.currentHealthy} healthy, ${budget.status.desiredHealthy} needed): drains will wait for ${guarded.slice(0, 5).join(', ')}${guarded.length > 5 ? ` and ${guarded.length - 5} more` : ''}.`,
      next: 'Bring its pods to health or add replicas, so that at least one may go.',
    }];
  });
}

function nameOf({ metadata }: DisruptionBudget): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}
