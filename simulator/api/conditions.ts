import type { Condition } from './kinds.ts';

/** RFC 3339 to the second, as the API writes times. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return lastText;
}

// Many objects are stamped within one second.
let lastSecond = Number.NaN;
let lastText = '';

/** RFC 3339 to the microsecond, as Leases have it. */
export function microTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** The conditions with this one set; its time of transition moves only where its status does. */
export function withCondition(conditions: readonly Condition[] | undefined, next: Condition, nowMs: number): readonly Condition[] {
  const known = conditions?.find((condition) => condition.type === next.type);
  const since = known?.status === next.status ? known.lastTransitionTime : undefined;
  const set = { ...next, lastTransitionTime: since ?? timestamp(nowMs) };
  if (known === undefined) return [...(conditions ?? []), set];
  return (conditions ?? []).map((condition) => (condition.type === next.type ? set : condition));
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | null {
  return conditions?.find((condition) => condition.type === type) ?? null;
}
