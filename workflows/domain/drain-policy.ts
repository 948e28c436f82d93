import type { PlannedNode } from './plan.ts';
import type { DrainSpec, UpgradeSpec } from './spec.ts';

/** A drain of which the spec says nothing, of a pool or of the control plane: the one place of these values. */
export const DEFAULT_DRAIN: DrainSpec = {
  enabled: true,
  timeoutSeconds: 900,
  gracePeriodSeconds: -1,
  deleteEmptyDir: false,
  deleteBarePods: false,
  podSelector: null,
};

/** How this node is drained: as its pool says, and a control-plane node as spec.controlPlane does. What a pool allows for its workloads says nothing about the control plane. */
export function drainPolicy(spec: Pick<UpgradeSpec, 'pools' | 'controlPlane'>, node: Pick<PlannedNode, 'pool'>): DrainSpec {
  if (node.pool === null) return spec.controlPlane?.drain ?? DEFAULT_DRAIN;
  return spec.pools.find((pool) => pool.name === node.pool)?.drain ?? DEFAULT_DRAIN;
}

/** Key of the spec that holds the drain of this pool's nodes; `pool` null is the control plane. */
export function drainKey(pool: string | null): string {
  return pool === null ? 'spec.controlPlane.drain' : `spec.pools[${pool}].drain`;
}
