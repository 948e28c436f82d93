import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';
import { FAILURES } from './domain/failure.ts';
import type { Failure, FailureType } from './domain/failure.ts';

/** A message is cut here: it stays in the state of the upgrade, and whoever fails an activity by hand may say anything. */
export const LONGEST_MESSAGE = 20_000;

/** The failure that people see, out of what Temporal threw: the innermost one that carries our type. */
export function failureOf(error: unknown): Failure {
  const failure = wholeFailureOf(error);
  return { ...failure, message: failure.message.slice(0, LONGEST_MESSAGE), ...(failure.next === undefined ? {} : { next: failure.next.slice(0, LONGEST_MESSAGE) }) };
}

function wholeFailureOf(error: unknown): Failure {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return wholeFailureOf(error.cause);
  if (error instanceof ApplicationFailure) return ofApplicationFailure(error);
  if (error instanceof TimeoutFailure) {
    return { type: 'Unexpected', message: `no answer from the worker in time (${error.message}); it may be down or overloaded`, next: 'check that a worker runs, then retry the node' };
  }
  return { type: 'Unexpected', message: error instanceof Error ? error.message : String(error) };
}

function ofApplicationFailure(error: ApplicationFailure): Failure {
  const type = error.type ?? '';
  if (!isFailureType(type)) return { type: 'Unexpected', message: error.message };
  const next = nextOf(error.details?.[0]);
  return next === null ? { type, message: error.message } : { type, message: error.message, next };
}

function isFailureType(type: string): type is FailureType {
  return Object.hasOwn(FAILURES, type);
}

function nextOf(details: unknown): string | null {
  if (typeof details !== 'object' || details === null || !('next' in details)) return null;
  return typeof details.next === 'string' ? details.next : null;
}

/** Ends a workflow with a failure of the table, so that the client reads it as any other. */
export function workflowFailure(failure: Failure): ApplicationFailure {
  return ApplicationFailure.create({ message: failure.message, type: failure.type, nonRetryable: true, details: [failure] });
}
