export type WidthResult =
  | { readonly ok: true; readonly width: number }
  | { readonly ok: false; readonly message: string };

/** What people may write, as errors quote it. */
export const MAX_UNAVAILABLE_FORM = 'a count of at least 1, or a whole percentage from 1% to 99%';

/**
 * What is wrong with a `maxUnavailable` whatever the size of its pool: 0, 0 %, 100 % and more, fractions, other text.
 * Null where nothing is.
 *
 * @param of What the value is a part of, for the message.
 */
export function maxUnavailableProblem(value: number | string, of: 'pool' | 'zone' = 'pool'): string | null {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) return `${value} is no count of nodes`;
    return value === 0 ? '0 would let no node be upgraded' : null;
  }
  const percentage = percentageOf(value);
  if (percentage === null) return 'this is neither a count nor a whole percentage';
  if (percentage === 0) return '0% would let no node be upgraded';
  if (percentage >= 100) return `${percentage}% would take the whole ${of} down at once`;
  return null;
}

/**
 * How many nodes of a pool may be down at once: a percentage is floored, and at least 1; a count stays below the
 * total. A pool of exactly one node cannot keep a node up and still be upgraded: there a count of 1 and every valid
 * percentage mean that one node, as with RKE, Kubespray and Cluster API; the plan carries a note about it.
 *
 * @param total Nodes of the pool, upgraded ones included; at least 1.
 */
export function widthOf(value: number | string, total: number): WidthResult {
  const problem = maxUnavailableProblem(value);
  if (problem !== null) return { ok: false, message: `${problem}; write ${MAX_UNAVAILABLE_FORM}` };
  if (typeof value === 'string') {
    const percentage = percentageOf(value) ?? 0;
    return { ok: true, width: Math.max(1, Math.floor((total * percentage) / 100)) };
  }
  if (value < total || (value === 1 && total === 1)) return { ok: true, width: value };
  return {
    ok: false,
    message: `${value} is not below the total: the pool has ${total} ${total === 1 ? 'node' : 'nodes'}, and at least one stays up; write ${total <= 2 ? '1' : `a count from 1 to ${total - 1}`} or a percentage`,
  };
}

/**
 * How many nodes of a pool may be down at once in one zone: a percentage of the pool's nodes there, floored and at least 1, or a
 * count, which may be larger than the zone: the pool's own width keeps a node up.
 *
 * @param total Nodes of the pool in the zone; at least 1.
 */
export function zoneWidthOf(value: number | string, total: number): WidthResult {
  const problem = maxUnavailableProblem(value, 'zone');
  if (problem !== null) return { ok: false, message: `${problem}; write ${MAX_UNAVAILABLE_FORM}` };
  return { ok: true, width: typeof value === 'number' ? value : Math.max(1, Math.floor((total * (percentageOf(value) ?? 0)) / 100)) };
}

function percentageOf(text: string): number | null {
  const match = /^(\d{1,6})%$/.exec(text);
  return match === null ? null : Number(match[1]);
}
