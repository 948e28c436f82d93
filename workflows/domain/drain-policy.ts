import type { PlannedNode } from './plan.ts';
import type { DrainSpec, UpgradeSpec } from './spec.ts';

/**
 * Drain of a control-plane node: the pool's defaults. Its evictable pods are few, such as CoreDNS,
 * and what a pool allows for its workloads says nothing about them.
 */
export const CONTROL_PLANE_DRAIN: DrainSpec = {
  enabled: true,
  timeoutSeconds: 900,
  gracePeriodSeconds: -1,
  deleteEmptyDir: false,
  deleteBarePods: false,
  podSelector: null,
};

/** How this node is drained: as its pool says, control-plane nodes by `CONTROL_PLANE_DRAIN`. */
export function drainPolicy(spec: Pick<UpgradeSpec, 'pools'>, node: Pick<PlannedNode, 'pool'>): DrainSpec {
  return spec.pools.find((pool) => pool.name === node.pool)?.drain ?? CONTROL_PLANE_DRAIN;
}
