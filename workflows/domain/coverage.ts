/** Milliseconds since the epoch. */
export type Span = readonly [fromMs: number, toMs: number];

/**
 * Time in which something other than the engine went on: a step was busy, or a person was waited for. Spans that overlap count
 * once. Plain JSON, and bounded however many steps an upgrade has: the oldest spans are kept as a sum.
 */
export interface Coverage {
  /** Length of what was folded away; it lies before `foldedMs`. */
  readonly sumMs: number;
  /** What begins before this counts from here on only. */
  readonly foldedMs: number;
  /** In order, without overlap. */
  readonly spans: readonly Span[];
}

/** Steps tell their times when their node ends: enough room for spans that come late. */
const MOST_SPANS = 400;

/** Nothing covered; nothing before `startMs` ever will be. */
export function newCoverage(startMs: number): Coverage {
  return { sumMs: 0, foldedMs: startMs, spans: [] };
}

export function cover(coverage: Coverage, added: readonly Span[]): Coverage {
  const merged: Span[] = [];
  for (const [from, toMs] of [...coverage.spans, ...added].toSorted(([left], [right]) => left - right)) {
    const fromMs = Math.max(from, coverage.foldedMs);
    if (!(toMs > fromMs)) continue;
    const last = merged.at(-1);
    if (last === undefined || fromMs > last[1]) merged.push([fromMs, toMs]);
    else merged[merged.length - 1] = [last[0], Math.max(last[1], toMs)];
  }
  return folded({ ...coverage, spans: merged });
}

/** Of the time from `foldedMs` at the beginning to `endMs`, in milliseconds. */
export function coveredMs({ sumMs, spans }: Coverage, endMs: number): number {
  return spans.reduce((sum, [fromMs, toMs]) => sum + Math.max(0, Math.min(toMs, endMs) - fromMs), sumMs);
}

function folded(coverage: Coverage): Coverage {
  if (coverage.spans.length <= MOST_SPANS) return coverage;
  const old = coverage.spans.slice(0, coverage.spans.length - MOST_SPANS / 2);
  const spans = coverage.spans.slice(old.length);
  const sumMs = old.reduce((sum, [fromMs, toMs]) => sum + toMs - fromMs, coverage.sumMs);
  return { sumMs, foldedMs: old.at(-1)?.[1] ?? coverage.foldedMs, spans };
}
