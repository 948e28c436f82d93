import type { Failure } from './failure.ts';
import { widthOf, zoneWidthOf } from './max-unavailable.ts';
import type { NodeObservation } from './observation.ts';
import { assignPools } from './pools.ts';
import type { PoolSpec, UpgradeSpec } from './spec.ts';
import { zoneOf } from './zone.ts';

export interface PlannedPool {
  readonly name: string;
  /** Width of the window: nodes of the pool that may be down at once. */
  readonly width: number;
  /** The same by zone; null where the spec sets no limit by zone. */
  readonly zoneWidths: Readonly<Record<string, number>> | null;
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
    const zones = zoneWidths(pool, members, workers);
    if (!width.ok) failures.push(specInvalid(`spec.pools[${index}].maxUnavailable`, width.message, `Change maxUnavailable of the pool ${pool.name}.`));
    if (!zones.ok) failures.push(specInvalid(`spec.pools[${index}].maxUnavailablePerZone`, zones.message, `Change maxUnavailablePerZone of the pool ${pool.name}.`));
    if (width.ok && zones.ok) pools.push({ name: pool.name, width: width.width, zoneWidths: zones.widths, nodes: members });
  }
  return { pools, failures };
}

type ZoneWidths =
  | { readonly ok: true; readonly widths: Readonly<Record<string, number>> | null }
  | { readonly ok: false; readonly message: string };

function zoneWidths({ maxUnavailablePerZone: value }: PoolSpec, members: readonly string[], workers: readonly NodeObservation[]): ZoneWidths {
  if (value === null) return { ok: true, widths: null };
  const own = new Set(members);
  const totals = new Map<string, number>();
  for (const worker of workers) {
    const zone = zoneOf(worker.labels);
    if (zone !== null && own.has(worker.name)) totals.set(zone, (totals.get(zone) ?? 0) + 1);
  }
  const widths: Record<string, number> = {};
  for (const [zone, total] of [...totals].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    const width = zoneWidthOf(value, total);
    if (!width.ok) return width;
    widths[zone] = width.width;
  }
  return { ok: true, widths };
}

function specInvalid(path: string, message: string, next: string): Failure {
  return { type: 'SpecInvalid', path, message: `${path}: ${message}`, next };
}
