import { DURATION_FORM, parseDuration } from './durations.ts';
import { widthOf } from './max-unavailable.ts';
import { compareNames } from './order.ts';
import type { PlannedNode, UpgradePlan } from './plan.ts';
import type { DrainSpec } from './spec.ts';

/** What a person has set for a pool while the upgrade runs; null keeps what the plan and the spec say. */
export interface PoolPolicy {
  /** Null: the control-plane nodes, which have no pool. */
  readonly pool: string | null;
  /** Nodes of the pool that may be down at once. */
  readonly maxUnavailable: number | null;
  readonly drainTimeoutSeconds: number | null;
}

/** A change of policy as people write it; `pool` null changes every pool, and the drains of the control plane. */
export interface PolicyChange {
  readonly pool: string | null;
  readonly maxUnavailable: number | string | null;
  /** Such as `30m`. */
  readonly drainTimeout: string | null;
}

export type PolicyResult =
  | { readonly ok: true; readonly policy: readonly PoolPolicy[] }
  | { readonly ok: false; readonly refusal: string };

/** The activity that drains is given up after 26 hours, whatever it waits for. */
const LONGEST_DRAIN_SECONDS = 24 * 3600;

/** Folds a change into what was set before. Refused where it names no pool of the plan, sets nothing, or a value is out of range in any pool. */
export function applyPolicy(policy: readonly PoolPolicy[], change: PolicyChange, plan: UpgradePlan): PolicyResult {
  const totals = poolTotals(plan);
  if (change.maxUnavailable === null && change.drainTimeout === null) return refused('nothing is set: give maxUnavailable, drainTimeout, or both');
  if (change.pool !== null && !totals.has(change.pool)) return refused(`no pool ${change.pool} in this upgrade; pools are ${[...totals.keys()].join(', ')}`);
  const timeout = change.drainTimeout === null ? { ok: true, seconds: null } as const : readTimeout(change.drainTimeout);
  if (!timeout.ok) return refused(timeout.refusal);
  const widths = new Map<string, number>();
  for (const [pool, total] of totals) {
    if (change.maxUnavailable === null || (change.pool !== null && change.pool !== pool)) continue;
    const width = widthOf(change.maxUnavailable, total);
    if (!width.ok) return refused(`${pool}.maxUnavailable: ${width.message}`);
    const unready = unreadyOf(plan, pool);
    if (width.width <= unready) return refused(`${pool}.maxUnavailable: ${width.width} leaves no room, because ${unready} of the pool ${unready === 1 ? 'was' : 'were'} not Ready before the start`);
    widths.set(pool, width.width);
  }
  const named = change.pool === null ? [null, ...totals.keys()] : [change.pool];
  const changed = named.map((pool) => merged(policyOf(policy, pool), pool === null ? null : widths.get(pool) ?? null, timeout.seconds));
  const others = policy.filter(({ pool }) => !named.includes(pool));
  return { ok: true, policy: [...others, ...changed].filter(isSet).toSorted((left, right) => compareNames(left.pool ?? '', right.pool ?? '')) };
}

/** What was set, kept below the number of nodes that each pool has now: a pool that lost nodes is not taken down as a whole. The very same list where it is. */
export function policyWithin(policy: readonly PoolPolicy[], now: UpgradePlan): readonly PoolPolicy[] {
  const totals = poolTotals(now);
  const within = policy.map((own) => {
    const most = Math.max(1, (totals.get(own.pool ?? '') ?? 1) - 1);
    return own.maxUnavailable === null || own.maxUnavailable <= most ? own : { ...own, maxUnavailable: most };
  });
  return within.every((own, index) => own === policy[index]) ? policy : within;
}

/** How many nodes of a pool may be down at once now. */
export function poolWidth(policy: readonly PoolPolicy[], plan: UpgradePlan, pool: string | null): number {
  const planned = plan.phases.find((phase) => phase.phase === 'workers' && phase.pool === pool)?.maxUnavailable ?? 1;
  const set = pool === null ? null : policyOf(policy, pool).maxUnavailable;
  // The plan's own width is without those that were down before the start; one that is set counts them. One node always may go.
  return set === null ? planned : Math.max(1, set - unreadyOf(plan, pool));
}

/** How a node of this pool is drained now. */
export function drainNow(policy: readonly PoolPolicy[], pool: string | null, drain: DrainSpec): DrainSpec {
  const { drainTimeoutSeconds } = policyOf(policy, pool);
  return drainTimeoutSeconds === null ? drain : { ...drain, timeoutSeconds: drainTimeoutSeconds };
}

function policyOf(policy: readonly PoolPolicy[], pool: string | null): PoolPolicy {
  return policy.find((own) => own.pool === pool) ?? { pool, maxUnavailable: null, drainTimeoutSeconds: null };
}

function merged(own: PoolPolicy, maxUnavailable: number | null, drainTimeoutSeconds: number | null): PoolPolicy {
  return { pool: own.pool, maxUnavailable: maxUnavailable ?? own.maxUnavailable, drainTimeoutSeconds: drainTimeoutSeconds ?? own.drainTimeoutSeconds };
}

function isSet({ maxUnavailable, drainTimeoutSeconds }: PoolPolicy): boolean {
  return maxUnavailable !== null || drainTimeoutSeconds !== null;
}

type Timeout = { readonly ok: true; readonly seconds: number } | { readonly ok: false; readonly refusal: string };

function readTimeout(text: string): Timeout {
  const seconds = parseDuration(text);
  if (seconds === null) return refused(`drainTimeout: ${text} is no duration; write ${DURATION_FORM}`);
  if (seconds === 0) return refused('drainTimeout: 0 leaves a drain no time');
  if (seconds > LONGEST_DRAIN_SECONDS) return refused(`drainTimeout: ${text} is longer than 24h, the longest that a drain may take`);
  return { ok: true, seconds };
}

function unreadyOf({ leftOut = [] }: UpgradePlan, pool: string | null): number {
  return leftOut.filter((node) => node.kind === 'unready' && node.pool === pool).length;
}

/** Pools of the plan by the number of their nodes: upgraded ones included, and those that were down before the start. */
function poolTotals({ nodes, leftOut = [] }: UpgradePlan): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const { pool = null } of leftOut) if (isPool(pool)) totals.set(pool, (totals.get(pool) ?? 0) + 1);
  for (const { pool } of nodes) if (isPool(pool)) totals.set(pool, (totals.get(pool) ?? 0) + 1);
  return totals;
}

function isPool(pool: PlannedNode['pool']): pool is string {
  return pool !== null;
}

function refused(refusal: string): { readonly ok: false; readonly refusal: string } {
  return { ok: false, refusal };
}
