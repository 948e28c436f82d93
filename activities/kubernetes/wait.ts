import type { StepProgress } from '../../workflows/domain/step.ts';
import type { currentActivity } from '../activity-context.ts';
import { failureTypeOf } from '../step-error.ts';
import type { Followed } from './port.ts';
import { lasting, mayBeStarting } from './refusals.ts';

export type Activity = ReturnType<typeof currentActivity>;

/** At most this long between two heartbeats: without them Temporal takes the worker for dead. */
const HEARTBEAT_MS = 2_000;
const OUTAGE_RETRY_MS = 1_000;
/** An API behind a load balancer is back within seconds when one of its servers restarts; longer is worth a new attempt. */
const OUTAGE_MS = 60_000;

export interface Pending {
  readonly waitingFor: StepProgress;
  /** Look again after this even where nothing changes. Default: with the next heartbeat. */
  readonly recheckMs?: number;
}

export interface Done<T> {
  readonly done: T;
}

export interface WaitOptions<T> {
  readonly activity: Activity;
  readonly sources: readonly Followed<unknown>[];
  readonly timeoutMs: number;
  /** Called once all sources have been listed, and at each change. */
  readonly check: () => Done<T> | Pending | Promise<Done<T> | Pending>;
  /** What to throw when time is over; `outage` says why the last look may be old. */
  readonly onTimeout: (last: StepProgress, outage: string | null) => Error;
}

/**
 * Waits for a condition over followed objects. An API that does not answer is ridden over until the timeout.
 * Closes the sources. Throws the activity's cancellation at once, and ApiForbidden where a source is refused.
 */
export async function watchUntil<T>(options: WaitOptions<T>): Promise<T> {
  const { activity, sources } = options;
  const deadlineMs = performance.now() + options.timeoutMs;
  const bell = createBell();
  // One listener for the whole wait: a promise that is raced at every look keeps a reaction for each of them until it resolves.
  const forget = sources.map((source) => source.onChange(bell.ring));
  try {
    for (;;) {
      activity.signal.throwIfAborted();
      // Before the look, so that a change during it is not missed.
      bell.reset();
      const outage = outageOf(sources);
      const look = sources.every((source) => source.items !== null) ? await options.check() : notListed(outage);
      if ('done' in look) return look.done;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw options.onTimeout(look.waitingFor, outage);
      activity.heartbeat(look.waitingFor);
      await bell.wait(Math.min(look.recheckMs ?? HEARTBEAT_MS, HEARTBEAT_MS, leftMs), activity.signal);
    }
  } finally {
    for (const stop of forget) stop();
    for (const source of sources) source.close();
  }
}

function outageOf(sources: readonly Followed<unknown>[]): string | null {
  for (const source of sources) if (source.refusal !== null) throw source.refusal;
  return sources.find((source) => source.outage !== null)?.outage ?? null;
}

function notListed(outage: string | null): Pending {
  return { waitingFor: { message: outage ?? 'reading from the API' } };
}

/**
 * Runs something safe to repeat, again and again while the API does not answer, or forbids what a server forbids that has just started.
 *
 * @param forMs How long at most; a minute by default.
 */
export async function rideOver<T>(activity: Activity, action: () => Promise<T>, forMs = OUTAGE_MS): Promise<T> {
  const deadlineMs = performance.now() + forMs;
  for (;;) {
    activity.signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (failureTypeOf(error) !== 'ApiUnreachable' && !mayBeStarting(error)) throw error;
      if (performance.now() > deadlineMs) throw lasting(error);
      activity.heartbeat({ message: error instanceof Error ? error.message : String(error) });
      await pause(OUTAGE_RETRY_MS, activity.signal);
    }
  }
}

/** Resolves when the time is over, or when the activity is cancelled. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return createBell().wait(ms, signal);
}

/** What a wait sleeps by. */
export interface Bell {
  /** Ends the wait, or the next one. */
  readonly ring: () => void;
  /** Forgets what rang so far. */
  readonly reset: () => void;
  /** Resolves when it rings or has rung, when the time is over, or when the activity is cancelled. Leaves no listener behind. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createBell(): Bell {
  let hasRung = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    reset: () => { hasRung = false; },
    wait: async (ms, signal) => {
      if (hasRung || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.max(0, ms));
      const onAbort = (): void => resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      wake = resolve;
      try {
        await promise;
      } finally {
        wake = null;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
