import type { ReportedStep } from './domain/status.ts';
import type { StepResult } from './domain/step.ts';

/** A step's line in the report. */
export function reportedStep(step: string, result: StepResult): ReportedStep {
  return { step, startedAt: result.startedAt, seconds: result.seconds, busySeconds: result.busySeconds, attempts: result.attempt, note: result.note };
}
