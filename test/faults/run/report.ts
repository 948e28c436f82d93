import { POINTS } from '../catalogue/points.ts';
import type { Point } from '../catalogue/points.ts';
import { INVARIANTS } from '../invariants/invariants.ts';
import type { Deal } from './deal.ts';
import type { Times } from '../measure/keep-times.ts';
import { addTimes, NO_TIMES, timesText, tooSlow } from '../measure/times-text.ts';
import { countsOf, saidText } from './operator.ts';
import { replayCommand } from './request.ts';
import type { FaultRequest } from './request.ts';
import type { SeedResult } from './run-seed.ts';
import { turnsOf } from './turns.ts';

/** A seed that could not even be run. */
export interface BrokenSeed {
  readonly seed: number;
  readonly error: string;
}

/** What a failed seed says; null for one that passed. */
export function failureText(result: SeedResult | BrokenSeed, request: FaultRequest): string | null {
  const problems = 'error' in result ? [`it could not be run: ${result.error}`] : result.violations.map(({ invariant, message }) => `${invariant} (${INVARIANTS[invariant].rule}): ${message}`);
  if (problems.length === 0) return null;
  const hits = 'hits' in result ? [`  happened: ${result.hits.join(', ') || 'nothing'}`, ...saidLine(result)] : [];
  return [`seed ${result.seed} failed`, ...problems.map((problem) => `  ${problem}`), ...hits, `  again: ${replayCommand(result.seed, request)}`].join('\n');
}

/** One line about a seed that passed: its points and where; one that did not come about is in brackets. */
export function passedText({ seed, own, others }: Deal, result: SeedResult | BrokenSeed): string {
  const hits = 'hits' in result ? result.hits : [];
  const seconds = 'seconds' in result ? result.seconds : 0;
  const shown = [...own, ...others].map(({ point, node }) => {
    const place = `${point.name}${node === null ? '' : `@${node}`}`;
    return hits.includes(point.name) ? place : `(${place})`;
  });
  const said = 'outcome' in result ? saidText(result.outcome) : '';
  return `seed ${seed} passed in ${seconds.toFixed(0)} s: ${shown.join(', ')}${said === '' ? '' : `; said: ${said}`}`;
}

function saidLine({ outcome }: SeedResult): readonly string[] {
  const said = saidText(outcome);
  return said === '' ? [] : [`  said: ${said}`];
}

export interface Totals {
  readonly text: string;
  readonly failed: number;
}

function hitsOf(results: readonly (SeedResult | BrokenSeed)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const result of results) if ('hits' in result) for (const hit of result.hits) counts.set(hit, (counts.get(hit) ?? 0) + 1);
  return counts;
}

function wantedPoints({ point }: FaultRequest): readonly Point[] {
  return point === null ? POINTS : [point];
}

/** True where there are seeds enough for every point that is wanted. */
export function dealsAll({ point, seeds, each }: FaultRequest): boolean {
  return point !== null || seeds >= turnsOf(each).length;
}

/** Points that have not happened in any of these. */
export function missedPoints(results: readonly (SeedResult | BrokenSeed)[], request: FaultRequest): readonly Point[] {
  const counts = hitsOf(results);
  return wantedPoints(request).filter(({ name }) => !counts.has(name));
}

function timesOf(results: readonly (SeedResult | BrokenSeed)[]): Times {
  return results.reduce((sum, result) => ('times' in result ? addTimes(sum, result.times) : sum), NO_TIMES);
}

/** Remote commands that were cut on purpose. */
export function cutsOf(results: readonly (SeedResult | BrokenSeed)[]): number {
  return results.reduce((sum, result) => sum + ('cuts' in result ? result.cuts : 0), 0);
}

function cutTotals(results: readonly (SeedResult | BrokenSeed)[], { cuts }: FaultRequest, failedSeeds: number): Totals {
  const times = timesOf(results);
  // Nothing else goes wrong here, and nobody gives a node up.
  const problems = [...tooSlow(times), ...(times.unresolved > 0 ? [`${times.unresolved} cut commands were not resolved`] : [])];
  const failed = failedSeeds + problems.length;
  const repeated = results.flatMap((result) => ('violations' in result ? result.violations : [])).filter(({ invariant }) => invariant === 'intent-once' || invariant === 'effect-once').length;
  return {
    failed,
    text: [
      `${cutsOf(results)} cuts inside remote commands of ${results.length} upgrades (${cuts ?? 0} were asked for), ${repeated} blind runs`,
      ...timesText(times), ...problems,
      `${results.length - failedSeeds} passed, ${failed} failed`,
    ].join('\n'),
  };
}

/** How often each point was hit, and the last line. A point that was never hit counts as failed where there were seeds enough for all. */
export function totalsOf(results: readonly (SeedResult | BrokenSeed)[], request: FaultRequest, seconds: number): Totals {
  const counts = hitsOf(results);
  const wanted = wantedPoints(request);
  const missed = missedPoints(results, request).map(({ name }) => name);
  const isComplete = dealsAll(request);
  const failedSeeds = results.filter((result) => failureText(result, request) !== null).length;
  if (request.cuts !== null) return cutTotals(results, request, failedSeeds);
  const times = timesOf(results);
  const slow = tooSlow(times);
  const failed = failedSeeds + slow.length + (isComplete ? missed.length : 0);
  const outcomes = results.flatMap((result) => ('outcome' in result ? [result.outcome] : []));
  const decisions = outcomes.flatMap((outcome) => outcome.decisions);
  const width = Math.max(...wanted.map(({ name }) => name.length));
  return {
    failed,
    text: [
      ...wanted.map(({ name }) => `${name.padEnd(width)} ${String(counts.get(name) ?? 0).padStart(5)}`),
      `${results.length} upgrades in ${seconds.toFixed(0)} s, ${(seconds / Math.max(1, results.length)).toFixed(1)} s each`,
      `${decisions.length} decisions about held nodes: ${countsOf(decisions).join(', ')}`,
      `said besides: ${countsOf(outcomes.flatMap(({ said }) => said.map(({ word }) => word))).join(', ')}`,
      ...timesText(times), ...slow,
      ...(missed.length > 0 && isComplete ? missed.map((name) => `never hit: ${name}`) : []),
      ...(missed.length > 0 && !isComplete ? [`${missed.length} of ${wanted.length} points were not hit: ${turnsOf(request.each).length} seeds deal every point once`] : []),
      `${results.length - failedSeeds} passed, ${failed} failed`,
    ].join('\n'),
  };
}
