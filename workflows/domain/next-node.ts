/**
 * The sliding window's one decision: which node starts next. Pure, and the same for the workflow, a rehearsal and the benchmarks.
 * Runs inside workflows: a change here needs a replay of the recorded histories.
 */

/** Pods of one node that one PodDisruptionBudget guards. */
export interface BudgetShare {
  /** Index into the window's `allowed`. */
  readonly budget: number;
  readonly pods: number;
}

/** A node of the pool as the window sees it. */
export interface WindowNode {
  readonly name: string;
  /** Label `topology.kubernetes.io/zone`; null where it has none: such a node is bound by the width alone. */
  readonly zone: string | null;
  /** How long its drain is expected to take; 0 where nothing is known. */
  readonly drainSeconds: number;
  /** Guarded pods that are still to be evicted from it; empty once it is drained. */
  readonly budgets: readonly BudgetShare[];
}

/** What bounds a pool. */
export interface WindowLimits {
  /** Most nodes in flight at once, at least 1. A held node is in flight. */
  readonly width: number;
  /** Most nodes in flight by zone; a zone that is not named is bound by the width alone. */
  readonly perZone: Readonly<Record<string, number>>;
  /** By budget: pods that may be away at once while all others are healthy. */
  readonly allowed: readonly number[];
}

/** Longest expected drain first, so that no long one is left for the end; then by name as given by `compare`. */
export function orderByDrain<T extends WindowNode>(nodes: readonly T[], compare: (left: string, right: string) => number): T[] {
  return nodes.toSorted((left, right) => right.drainSeconds - left.drainSeconds || compare(left.name, right.name));
}

/**
 * Slots of a pool that may be used now. Until its first node is finished, what is evicted can only go to nodes that are
 * still to come, and moves once more: one slot in ten stays free for so long. It costs a hundred nodes a hundredth of their time.
 *
 * @param isOpen True once a node of the pool is finished.
 */
export function widthNow(width: number, isOpen: boolean): number {
  return isOpen ? width : width - Math.floor(width / 10);
}

/**
 * The node to start now: the first of `pending` for which there is a slot in the pool and in its zone, and whose drain would
 * not wait for a drain in flight: of each budget that both have pods of, the pods of all of them together may be away at once.
 * With nothing in flight the first always starts, whatever its budgets say, so that a window never comes to a stand by itself.
 *
 * @param pending In the order in which they should start, see `orderByDrain`.
 * @param inFlight Nodes started and not ended, held ones included.
 * @returns Null where nothing may start before a node in flight is drained or ends.
 */
export function nextNode<T extends WindowNode>(limits: WindowLimits, pending: readonly T[], inFlight: readonly WindowNode[]): T | null {
  if (inFlight.length >= limits.width) return null;
  if (inFlight.length === 0) return pending[0] ?? null;
  const used = podsByBudget(inFlight);
  const down = nodesByZone(inFlight);
  return pending.find((node) => hasRoomInZone(limits, node, down) && !wouldWait(limits, node, used)) ?? null;
}

function podsByBudget(nodes: readonly WindowNode[]): ReadonlyMap<number, number> {
  const used = new Map<number, number>();
  for (const { budgets } of nodes) for (const { budget, pods } of budgets) used.set(budget, (used.get(budget) ?? 0) + pods);
  return used;
}

function nodesByZone(nodes: readonly WindowNode[]): ReadonlyMap<string, number> {
  const down = new Map<string, number>();
  for (const { zone } of nodes) if (zone !== null) down.set(zone, (down.get(zone) ?? 0) + 1);
  return down;
}

function hasRoomInZone({ perZone }: WindowLimits, { zone }: WindowNode, down: ReadonlyMap<string, number>): boolean {
  if (zone === null || !Object.hasOwn(perZone, zone)) return true;
  return (down.get(zone) ?? 0) < (perZone[zone] ?? 1);
}

function wouldWait({ allowed }: WindowLimits, { budgets }: WindowNode, used: ReadonlyMap<number, number>): boolean {
  return budgets.some(({ budget, pods }) => {
    const away = used.get(budget) ?? 0;
    return pods > 0 && away > 0 && away + pods > (allowed[budget] ?? 0);
  });
}
