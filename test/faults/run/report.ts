import { POINTS } from '../catalogue/points.ts';
import { INVARIANTS } from '../invariants/invariants.ts';
import { SEEDS_FOR_ALL } from './deal.ts';
import type { Deal } from './deal.ts';
import { replayCommand } from './request.ts';
import type { FaultRequest } from './request.ts';
import type { SeedResult } from './run-seed.ts';

/** A seed that could not even be run. */
export interface BrokenSeed {
  readonly seed: number;
  readonly error: string;
}

/** What a failed seed says; null for one that passed. */
export function failureText(result: SeedResult | BrokenSeed, request: FaultRequest): string | null {
  const problems = 'error' in result ? [`it could not be run: ${result.error}`] : result.violations.map(({ invariant, message }) => `${invariant} (${INVARIANTS[invariant].rule}): ${message}`);
  if (problems.length === 0) return null;
  const hits = 'hits' in result ? [`  happened: ${result.hits.join(', ') || 'nothing'}`] : [];
  return [`seed ${result.seed} failed`, ...problems.map((problem) => `  ${problem}`), ...hits, `  again: ${replayCommand(result.seed, request)}`].join('\n');
}

/** One line about a seed that passed: its points and where; one that did not come about is in brackets. */
export function passedText({ seed, points }: Deal, result: SeedResult | BrokenSeed): string {
  const hits = 'hits' in result ? result.hits : [];
  const seconds = 'seconds' in result ? result.seconds : 0;
  const shown = points.map(({ point, node }) => {
    const place = `${point.name}${node === null ? '' : `@${node}`}`;
    return hits.includes(point.name) ? place : `(${place})`;
  });
  return `seed ${seed} passed in ${seconds.toFixed(0)} s: ${shown.join(', ')}`;
}

export interface Totals {
  readonly text: string;
  readonly failed: number;
}

/** How often each point was hit, and the last line. A point that was never hit counts as failed where there were seeds enough for all. */
export function totalsOf(results: readonly (SeedResult | BrokenSeed)[], request: FaultRequest, seconds: number): Totals {
  const counts = new Map<string, number>();
  for (const result of results) if ('hits' in result) for (const hit of result.hits) counts.set(hit, (counts.get(hit) ?? 0) + 1);
  const wanted = request.point === null ? POINTS : [request.point];
  const missed = wanted.filter(({ name }) => !counts.has(name)).map(({ name }) => name);
  const isComplete = request.point !== null || request.seeds >= SEEDS_FOR_ALL;
  const failedSeeds = results.filter((result) => failureText(result, request) !== null).length;
  const failed = failedSeeds + (isComplete ? missed.length : 0);
  const decisions = results.reduce((sum, result) => sum + ('decisions' in result ? result.decisions : 0), 0);
  const width = Math.max(...wanted.map(({ name }) => name.length));
  return {
    failed,
    text: [
      ...wanted.map(({ name }) => `${name.padEnd(width)} ${String(counts.get(name) ?? 0).padStart(5)}`),
      `${results.length} upgrades in ${seconds.toFixed(0)} s, ${(seconds / Math.max(1, results.length)).toFixed(1)} s each; ${decisions} decisions about held nodes`,
      ...(missed.length > 0 && isComplete ? missed.map((name) => `never hit: ${name}`) : []),
      ...(missed.length > 0 && !isComplete ? [`${missed.length} of ${wanted.length} points were not hit: ${SEEDS_FOR_ALL} seeds deal every point once`] : []),
      `${results.length - failedSeeds} passed, ${failed} failed`,
    ].join('\n'),
  };
}
