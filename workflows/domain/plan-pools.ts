import type { Failure } from './failure.ts';
import { widthOf, zoneWidthOf } from './max-unavailable.ts';
import type { NodeObservation } from './observation.ts';
import { listed } from './order.ts';
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
  /** Workers of the pool that were not Ready before the start: each counts as one that is down. */
  readonly unready: readonly string[];
  /** Place in the spec's list. */
  readonly index: number;
}

export interface PlannedPoolsResult {
  readonly pools: readonly PlannedPool[];
  readonly failures: readonly Failure[];
}

/**
 * Pools of the nodes without the role `control-plane`; the width of a pool without nodes is not judged.
 *
 * @param unready Workers that are left out because they were not Ready before the start: they take their part of the width.
 */
export function planPools(spec: UpgradeSpec, nodes: readonly NodeObservation[], unready: readonly NodeObservation[]): PlannedPoolsResult {
  const workers = [...nodes.filter((node) => !node.roles.includes('control-plane')), ...unready];
  const down = new Set(unready.map(({ name }) => name));
  const { assignments, problems } = assignPools(spec.pools, workers);
  const failures = problems.map(({ path, message, next }) => specInvalid(path, message, next));
  const pools: PlannedPool[] = [];
  for (const { pool, index, nodes: members } of assignments) {
    const width = members.length === 0 ? { ok: true, width: 1 } as const : widthOf(pool.maxUnavailable, members.length);
    const zones = zoneWidths(pool, members, workers);
    if (!width.ok) failures.push(specInvalid(`spec.pools[${index}].maxUnavailable`, width.message, `Change maxUnavailable of the pool ${pool.name}.`));
    if (!zones.ok) failures.push(specInvalid(`spec.pools[${index}].maxUnavailablePerZone`, zones.message, `Change maxUnavailablePerZone of the pool ${pool.name}.`));
    if (!width.ok || !zones.ok) continue;
    const away = unready.filter(({ name }) => members.includes(name));
    pools.push({
      name: pool.name, index, width: width.width - away.length, zoneWidths: withoutDown(zones.widths, away),
      nodes: members.filter((name) => !down.has(name)), unready: away.map(({ name }) => name),
    });
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

function withoutDown(widths: Readonly<Record<string, number>> | null, away: readonly NodeObservation[]): Readonly<Record<string, number>> | null {
  if (widths === null) return null;
  return Object.fromEntries(Object.entries(widths).map(([zone, width]) => [zone, width - away.filter(({ labels }) => zoneOf(labels) === zone).length]));
}

/** Pools in which workers that were down before the start leave no room for one of ours. */
export function roomFailures(pools: readonly PlannedPool[], pending: ReadonlySet<string>, nodes: readonly NodeObservation[]): Failure[] {
  return pools.flatMap((pool): Failure[] => {
    if (pool.unready.length === 0) return [];
    const own = new Set(pool.nodes);
    const left = nodes.filter(({ name }) => pending.has(name) && own.has(name));
    if (left.length === 0) return [];
    if (pool.width < 1) return [noRoom(pool, 'maxUnavailable', `lets ${pool.width + pool.unready.length} be down at once`)];
    const zones = Object.entries(pool.zoneWidths ?? {}).filter(([zone, width]) => width < 1 && left.some(({ labels }) => zoneOf(labels) === zone));
    return zones.map(([zone]) => noRoom(pool, 'maxUnavailablePerZone', `lets no more be down in the zone ${zone}`));
  });
}

function noRoom({ name, index, unready }: PlannedPool, key: string, limit: string): Failure {
  const path = `spec.pools[${index}].${key}`;
  const [first = ''] = unready;
  return {
    type: 'PlanRefused', path,
    message: `${path}: ${listed(unready)} of the pool ${name} ${unready.length === 1 ? 'is' : 'are'} not Ready, and ${key} ${limit}: there is no room for another`,
    next: `Bring ${unready.length === 1 ? 'it' : 'them'} back (see \`kubectl describe node ${first}\`), leave ${unready.length === 1 ? 'it' : 'them'} out with spec.exclude, or raise ${key}.`,
  };
}

function specInvalid(path: string, message: string, next: string): Failure {
  return { type: 'SpecInvalid', path, message: `${path}: ${message}`, next };
}
