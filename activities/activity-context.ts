import { Context } from '@temporalio/activity';
import type { StepProgress, StepResult } from '../workflows/domain/step.ts';
import { tellProgress } from './keep-beating.ts';
import { redactedStart } from './redaction/redacted.ts';

/** What a step needs of the activity that it runs in. */
export interface CurrentActivity {
  /** Temporal's attempt number, from 1. */
  readonly attempt: number;
  /** Milliseconds since the epoch at which the activity was scheduled, the same for all its attempts: a later activity has a later one. */
  readonly scheduledMs: number;
  /** Place among the activities of its workflow run: a later one has a higher one. */
  readonly order: number;
  /** Milliseconds since the epoch at which this attempt was scheduled. */
  readonly attemptMs: number;
  /** Tells Temporal that the worker lives, and people what is waited for. */
  heartbeat(progress: StepProgress): void;
  /** Aborted when the activity is cancelled or the worker shuts down. */
  readonly signal: AbortSignal;
}

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** A step that ends sooner tells nothing: most do, and each heartbeat is a write of the server's. */
const FIRST_BEAT_MS = 1_000;
const BEAT_MS = 4_000;
const LONGEST_MESSAGE = 300;

/** The activity that this code runs in. Throws outside of one. */
export function currentActivity(): CurrentActivity {
  const context = Context.current();
  return {
    attempt: context.info.attempt,
    scheduledMs: context.info.scheduledTimestampMs,
    // Temporal's SDK counts the activities of a run from 1.
    order: Number(/^\d+$/.exec(context.info.activityId)?.[0] ?? 0),
    attemptMs: context.info.currentAttemptScheduledTimestampMs,
    heartbeat: (progress) => tellProgress(context, progress),
    signal: context.cancellationSignal,
  };
}

/** Heartbeats with `message()` after a second and then every few seconds until the work ends, whatever it waits for. */
export async function whileBeating<T>(message: () => string, work: () => Promise<T>): Promise<T> {
  const activity = currentActivity();
  const beat = (): void => activity.heartbeat({ message: redactedStart(message(), LONGEST_MESSAGE) });
  let timer = setTimeout(() => {
    beat();
    timer = setInterval(beat, BEAT_MS);
  }, FIRST_BEAT_MS);
  try {
    return await work();
  } catch (error) {
    // Whatever the wait ended with, a cancelled activity ends as cancelled.
    activity.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** As `whileBeating`; outside of an activity just the work. */
export function whileBeatingIfAny<T>(message: () => string, work: () => Promise<T>): Promise<T> {
  return isInActivity() ? whileBeating(message, work) : work();
}

function isInActivity(): boolean {
  try {
    return Context.current() !== undefined;
  } catch {
    return false;
  }
}

/** Starts the clock of a step; the function that it returns ends it. `busySeconds` never exceeds the step's own time. */
export function startStep(now: Clock): (outcome: { readonly busySeconds: number; readonly changed: boolean; readonly note: string }) => StepResult {
  const startMs = now();
  const { attempt, scheduledMs } = currentActivity();
  return ({ busySeconds, changed, note }) => {
    const endMs = now();
    const own = Math.max(0, endMs - startMs) / 1000;
    // A later attempt attaches to what an earlier one had started: the step began with the host's work, not with this attempt.
    const sinceScheduled = (endMs - scheduledMs) / 1000;
    const seconds = attempt > 1 ? Math.max(own, Math.min(busySeconds, sinceScheduled)) : own;
    return {
      startedAt: new Date(Math.min(startMs, endMs - seconds * 1000)).toISOString(), seconds, busySeconds: Math.min(busySeconds, seconds), attempt, changed, note,
    };
  };
}
