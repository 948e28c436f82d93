import type { Times } from './keep-times.ts';

/** Targets in seconds: a cut command is resolved after its host's return, an effect follows the start of a new worker. */
export const RESOLVED_WITHIN = 30;
export const EFFECT_WITHIN = 15;

export const NO_TIMES: Times = { resolved: [], unresolved: 0, resumed: [], effects: [] };

export function addTimes(one: Times, other: Times): Times {
  return {
    resolved: [...one.resolved, ...other.resolved], unresolved: one.unresolved + other.unresolved,
    resumed: [...one.resumed, ...other.resumed], effects: [...one.effects, ...other.effects],
  };
}

/** Lines of the report; none for what was not measured. */
export function timesText({ resolved, unresolved, resumed, effects }: Times): readonly string[] {
  const left = unresolved === 0 ? '' : `; ${unresolved} never asked for again`;
  return [
    ...(resolved.length + unresolved === 0 ? [] : [`cut commands resolved after the host's return (target ${RESOLVED_WITHIN} s): ${distribution(resolved, RESOLVED_WITHIN)}${left}`]),
    ...(resumed.length === 0 ? [] : [`first request after a new worker's start: ${distribution(resumed, EFFECT_WITHIN)}`]),
    ...(effects.length === 0 ? [] : [`next effect after a new worker's start (target ${EFFECT_WITHIN} s): ${distribution(effects, EFFECT_WITHIN)}`]),
  ];
}

/** A machine that is busy with other things is slow, but hardly slower than this many times the target in the middle of all. */
const LOOSE = 4;

/** What cannot be put down to the machine; empty where nothing is. */
export function tooSlow({ resolved, effects }: Times): readonly string[] {
  return [
    ...(middle(resolved) > LOOSE * RESOLVED_WITHIN ? [`too slow: half of the cut commands were resolved after more than ${LOOSE * RESOLVED_WITHIN} s`] : []),
    ...(middle(effects) > LOOSE * EFFECT_WITHIN ? [`too slow: half of the new workers had no effect for more than ${LOOSE * EFFECT_WITHIN} s`] : []),
  ];
}

function middle(seconds: readonly number[]): number {
  return Number(quantile(seconds, 0.5));
}

function distribution(seconds: readonly number[], within: number): string {
  const over = seconds.filter((each) => each > within).length;
  return `${seconds.length} times, p50 ${quantile(seconds, 0.5)} s, p95 ${quantile(seconds, 0.95)} s, max ${quantile(seconds, 1)} s, ${over} over ${within} s`;
}

/** The smallest value that so large a part does not exceed. */
function quantile(values: readonly number[], part: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0).toFixed(1);
}
