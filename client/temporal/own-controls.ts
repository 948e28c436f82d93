import type { WorkflowExecutionDescription } from '@temporalio/client';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { PendingActivity } from './failures.ts';
import { isoTime } from './iso-time.ts';
import type { TemporalPause } from './port.ts';

/**
 * Temporal has a pause of its own for a workflow and for an activity, by its Web UI and its command line, and knows nothing of ours:
 * who paused by the one cannot go on by the other.
 */

type Raw = WorkflowExecutionDescription['raw'];

/** Pause of a workflow as a whole; null where it is not paused. */
export function pauseOfWorkflow(node: string | null, { workflowExecutionInfo, workflowExtendedInfo }: Raw): TemporalPause | null {
  const info = workflowExtendedInfo?.pauseInfo;
  if (info === null || info === undefined) return null;
  const workflowId = workflowExecutionInfo?.execution?.workflowId ?? '';
  return { node, step: null, by: info.identity || SOMEBODY, reason: info.reason ?? '', at: isoTime(info.pausedTime), undo: `temporal workflow unpause --workflow-id ${workflowId}` };
}

/** Pause of one activity; null where it is not paused. */
export function pauseOfActivity(node: string | null, workflowId: string, { paused, pauseInfo, activityId, activityType }: PendingActivity): TemporalPause | null {
  if (paused !== true) return null;
  return {
    node, step: activityType?.name ?? '', by: pauseInfo?.manual?.identity || SOMEBODY, reason: pauseInfo?.manual?.reason ?? pauseInfo?.rule?.reason ?? '', at: isoTime(pauseInfo?.pauseTime),
    undo: `temporal activity unpause --workflow-id ${workflowId} --activity-id ${activityId ?? ''}`,
  };
}

/** Nothing that is said to a paused workflow is answered. */
export function pausedError(cluster: string, pause: TemporalPause): CommandError {
  return new CommandError(`the upgrade of ${cluster} is ${pausedWords(pause)}: until that is undone it starts no step and answers nothing; nothing was changed`, { exitCode: EXIT.held, next: pause.undo });
}

/** As people read it. */
export function pausedWords({ by, reason, at }: TemporalPause): string {
  return `paused in Temporal by ${by}${at === null ? '' : ` at ${at}`}${reason === '' ? '' : ` (${reason})`}`;
}

const SOMEBODY = 'somebody';
