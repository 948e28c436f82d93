import type { WorkflowExecutionDescription } from '@temporalio/client';

type PendingWorkflowTask = WorkflowExecutionDescription['raw']['pendingWorkflowTask'];

/** A workflow task that no worker had taken up when it was looked at. */
export interface UntakenTask {
  /** When Temporal first scheduled it: tells the tasks of one workflow apart. */
  readonly scheduled: string;
  /** When it was first seen so, by the clock of who looks. */
  readonly sinceMs: number;
}

// temporal.api.enums.v1.PendingWorkflowTaskState
const SCHEDULED = 1;

/**
 * The task that waits for a worker now, with since when it does; null where none waits.
 * Every task waits for a moment: only one that was so at look after look tells that no worker is there.
 * @param before What the look before this one found.
 */
export function untakenTask(pending: PendingWorkflowTask, before: UntakenTask | null, nowMs: number): UntakenTask | null {
  if (pending?.state !== SCHEDULED) return null;
  const { seconds, nanos } = pending.originalScheduledTime ?? {};
  const scheduled = `${String(seconds ?? '')} ${String(nanos ?? '')}`;
  return before?.scheduled === scheduled ? before : { scheduled, sinceMs: nowMs };
}
