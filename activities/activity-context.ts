import { Context } from '@temporalio/activity';
import type { StepProgress } from '../workflows/domain/step.ts';

/** What a step needs of the activity that it runs in. */
export interface CurrentActivity {
  /** Temporal's attempt number, from 1. */
  readonly attempt: number;
  /** Tells Temporal that the worker lives, and people what is waited for. */
  heartbeat(progress: StepProgress): void;
  /** Aborted when the activity is cancelled or the worker shuts down. */
  readonly signal: AbortSignal;
}

/** The activity that this code runs in. Throws outside of one. */
export function currentActivity(): CurrentActivity {
  const context = Context.current();
  return {
    attempt: context.info.attempt,
    heartbeat: (progress) => context.heartbeat(progress),
    signal: context.cancellationSignal,
  };
}
