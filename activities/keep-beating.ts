import { Context } from '@temporalio/activity';
import type { StepProgress } from '../workflows/domain/step.ts';
import { redactedValue } from './redaction/redacted.ts';

/** Well within the shortest heartbeat timeout of `workflows/activity-options.ts`. */
const BEAT_MS = 4_000;
/** Longer than any wait that tells nothing itself: a step that is stuck beyond it is Temporal's to end and to try again. */
const LONGEST_SILENCE_MS = 3 * 60_000;

interface Told {
  readonly progress: unknown;
  readonly atMs: number;
}

const told = new WeakMap<Context, Told>();

/** Tells Temporal that the worker lives, and people what is waited for. */
export function tellProgress(context: Context, progress: StepProgress): void {
  const safe = redactedValue(progress);
  told.set(context, { progress: safe, atMs: performance.now() });
  context.heartbeat(safe);
}

/**
 * Runs an activity and beats for it wherever it waits without a word, repeating what it told last: a host that hangs would be taken for
 * a worker that died. Not for ever.
 */
export async function keepBeating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beganMs = performance.now();
  const timer = setInterval(() => {
    const last = told.get(context);
    const silentMs = performance.now() - (last?.atMs ?? beganMs);
    if (silentMs < BEAT_MS / 2 || silentMs > LONGEST_SILENCE_MS) return;
    context.heartbeat(last?.progress ?? { message: `${context.info.activityType} is under way` });
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
