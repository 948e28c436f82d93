import type { ReportedStep } from './domain/status.ts';
import type { StepResult } from './domain/step.ts';

/** A line is cut here: it stays in the state of the upgrade. Longer ones are refused from elsewhere. */
export const LONGEST_NOTE = 1_000;

/** A step's line in the report. */
export function reportedStep(step: string, result: StepResult): ReportedStep {
  return { step, startedAt: result.startedAt, seconds: result.seconds, busySeconds: result.busySeconds, attempts: result.attempt, note: result.note.slice(0, LONGEST_NOTE) };
}
