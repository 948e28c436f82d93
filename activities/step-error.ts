import { ApplicationFailure } from '@temporalio/common';
import { FAILURES } from '../workflows/domain/failure.ts';
import type { Failure, FailureType } from '../workflows/domain/failure.ts';

/**
 * A failure on its way to the workflow: typed by the one table, permanent or retryable as the table says,
 * with the cause and the next step as plain data.
 */
export function stepError(type: FailureType, message: string, next?: string): ApplicationFailure {
  const failure: Failure = next === undefined ? { type, message } : { type, message, next };
  return ApplicationFailure.create({ message, type, nonRetryable: FAILURES[type].permanent, details: [failure] });
}

/** The type of a failure made by `stepError`; null for any other error. */
export function failureTypeOf(error: unknown): FailureType | null {
  if (!(error instanceof ApplicationFailure)) return null;
  const type = error.type ?? '';
  return isFailureType(type) ? type : null;
}

function isFailureType(type: string): type is FailureType {
  return Object.hasOwn(FAILURES, type);
}
