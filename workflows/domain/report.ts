import { coveredMs } from './coverage.ts';
import type { Coverage, Span } from './coverage.ts';

/** Part of a step in which a host command ran or the cluster was waited for. */
export interface BusyStep {
  readonly startedAt: string;
  readonly busySeconds: number;
}

/** Busy time counts from the start of its step. */
export function spanOf({ startedAt, busySeconds }: BusyStep): Span {
  const fromMs = Date.parse(startedAt);
  return [fromMs, fromMs + busySeconds * 1000];
}

/**
 * Wall clock that was the engine's own, in seconds to the millisecond: the time between `wallStart` and `wallEnd` in
 * which no step was busy and no person was waited for.
 *
 * @param covered Begun with `wallStart`.
 */
export function overheadSeconds(covered: Coverage, wallStart: string, wallEnd: string): number {
  const endMs = Date.parse(wallEnd);
  const ownMs = Math.max(0, endMs - Date.parse(wallStart)) - coveredMs(covered, endMs);
  return Math.max(0, Math.round(ownMs)) / 1000;
}
