import type { StepResult } from '../../workflows/domain/step.ts';
import type { Activity } from './wait.ts';

/** Milliseconds since the epoch. */
export type Clock = () => number;

/**
 * Starts the clock of a step. The whole body counts as busy: such a step does nothing but ask the API and wait for the cluster.
 */
export function timedStep(activity: Activity, now: Clock): (outcome: { readonly changed: boolean; readonly note: string }) => StepResult {
  const startMs = now();
  return ({ changed, note }) => {
    const seconds = Math.max(0, now() - startMs) / 1000;
    return { startedAt: new Date(startMs).toISOString(), seconds, busySeconds: seconds, attempt: activity.attempt, changed, note };
  };
}
