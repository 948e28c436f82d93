import type { Failure } from './failure.ts';
import { widthOf } from './max-unavailable.ts';
import type { NodeObservation } from './observation.ts';
import { assignPools } from './pools.ts';
import type { UpgradeSpec } from './spec.ts';

export interface PlannedPool {
  readonly name: string;
  /** Width of the window: nodes of the pool that may be down at once. */
  readonly width: number;
  /** All nodes of the pool, upgraded ones included. */
  readonly nodes: readonly string[];
}

export interface PlannedPoolsResult {
  readonly pools: readonly PlannedPool[];
  readonly failures: readonly Failure[];
}

/** Pools of the nodes without the role `control-plane`; the width of a pool without nodes is not judged. */
export function planPools(spec: UpgradeSpec, nodes: readonly NodeObservation[]): PlannedPoolsResult {
  const workers = nodes.filter((node) => !node.roles.includes('control-plane'));
  const { assignments, problems } = assignPools(spec.pools, workers);
  const failures = problems.map(({ path, message, next }) => specInvalid(path, message, next));
  const pools: PlannedPool[] = [];
  for (const { pool, index, nodes: members } of assignments) {
    const width = members.length === 0 ? { ok: true, width: 1 } as const : widthOf(pool.maxUnavailable, members.length);
    if (width.ok) pools.push({ name: pool.name, width: width.width, nodes: members });
    else failures.push(specInvalid(`spec.pools[${index}].maxUnavailable`, width.message, `Change maxUnavailable of the pool ${pool.name}.`));
  }
  return { pools, failures };
}

function specInvalid(path: string, message: string, next: string): Failure {
  return { type: 'SpecInvalid', path, message: `${path}: ${message}`, next };
}
