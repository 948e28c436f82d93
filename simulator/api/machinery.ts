import type { Clock } from '../clock.ts';
import type { Timing, Timings } from '../description.ts';
import { randomOf } from '../random.ts';
import type { PodIndex } from './pod-index.ts';
import type { EventStore } from './store.ts';

/** What every controller of the twin works with. */
export interface Machinery {
  readonly store: EventStore;
  readonly index: PodIndex;
  readonly clock: Clock;
  readonly seed: number;
  readonly timings: Timings;
}

/** A part of the cluster that can be made to finish at once what it has queued; true where there was anything. */
export interface Settling {
  settle(): boolean;
}

/** How long a controller is behind the events that it answers, ms of the twin's time. */
export const CONTROLLER_DELAY_MS = 20;

export function drawMs(seed: number, timing: Timing, ...purpose: readonly (string | number)[]): number {
  return randomOf(seed, ...purpose).lognormal(timing.meanMs, timing.variation);
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** The five letters that a controller puts at the end of a name. */
export function nameSuffix(seed: number, ...purpose: readonly (string | number)[]): string {
  const random = randomOf(seed, 'name', ...purpose);
  let suffix = '';
  for (let at = 0; at < 5; at += 1) suffix += LETTERS[random.below(LETTERS.length)] ?? 'x';
  return suffix;
}
