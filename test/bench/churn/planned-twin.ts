import { hashPlan } from '../../../workflows/domain/hash-plan.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import type { UpgradePlan } from '../../../workflows/domain/plan.ts';
import { planUpgrade } from '../../../workflows/domain/plan-upgrade.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { cluster, controlPlane, pool, spec, worker } from '../../domain/cluster.ts';

/** What an upgrade of a described cluster needs, without asking any API for it. */
export interface PlannedTwin {
  readonly spec: UpgradeSpec;
  readonly plan: UpgradePlan;
}

/** The planner's plan of a described cluster, with one pool of all workers. */
export function planTwin(description: ClusterDescription, maxUnavailable: number | string): PlannedTwin {
  const wanted = spec({ name: description.name, target: { version: description.target }, pools: [pool('default', maxUnavailable)] });
  const nodes = description.nodes.map(({ name, role, labels }) => (role === 'control-plane' ? controlPlane(name, { labels }) : worker(name, { labels })));
  const planned = planUpgrade(wanted, cluster(nodes));
  if (!planned.ok) throw new Error(`the twin cannot be planned: ${planned.failures.map(({ message }) => message).join('; ')}`);
  return { spec: wanted, plan: hashPlan(planned.plan) };
}
