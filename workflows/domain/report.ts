/** Part of a step in which a host command ran or the cluster was waited for. */
export interface BusyStep {
  readonly startedAt: string;
  readonly busySeconds: number;
}

/** Interval between two ISO times. */
export interface Interval {
  readonly from: string;
  readonly to: string;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Wall clock that was the engine's own, in seconds to the millisecond: the time between `wallStart` and `wallEnd` in
 * which no step was busy and no person was waited for. Busy time counts from the start of its step; steps that
 * overlap count once.
 *
 * @param waits Pauses and holds.
 */
export function overheadSeconds(steps: readonly BusyStep[], wallStart: string, wallEnd: string, waits: readonly Interval[]): number {
  const wall = { fromMs: Date.parse(wallStart), toMs: Date.parse(wallEnd) };
  const covered = [
    ...steps.map(({ startedAt, busySeconds }) => ({ fromMs: Date.parse(startedAt), toMs: Date.parse(startedAt) + busySeconds * 1000 })),
    ...waits.map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) })),
  ];
  const ownMs = Math.max(0, wall.toMs - wall.fromMs) - coveredMs(covered, wall);
  return Math.max(0, Math.round(ownMs)) / 1000;
}

/** Length of the union of the spans, as far as it lies within `wall`. */
function coveredMs(spans: readonly Span[], wall: Span): number {
  let total = 0;
  let reachedMs = wall.fromMs;
  for (const { fromMs, toMs } of spans.toSorted((left, right) => left.fromMs - right.fromMs)) {
    const beginMs = Math.max(fromMs, reachedMs);
    const endMs = Math.min(toMs, wall.toMs);
    if (endMs <= beginMs) continue;
    total += endMs - beginMs;
    reachedMs = endMs;
  }
  return total;
}
