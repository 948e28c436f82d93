import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { rollbackUpdate, upgradeWorkflowId } from '../../workflows/messages.ts';
import type { RollbackMessage } from '../../workflows/messages.ts';
import { CommandError } from '../command-error.ts';
import { failureOfError } from './failures.ts';
import { noWorker } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';
import { requireWorker } from './workers.ts';

/** A worker that is busy for longer than this is taken for gone. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Asks a running upgrade to go back. Returns what will happen; an error says why nothing will. */
export async function rollback(client: Client, settings: TemporalSettings, cluster: string, message: RollbackMessage): Promise<string> {
  await requireWorker(client, settings);
  const handle = client.workflow.getHandle(upgradeWorkflowId(cluster));
  try {
    return await client.connection.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, () => handle.executeUpdate(rollbackUpdate, { args: [message] }));
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw noWorker(settings.taskQueue, ` and answers within ${ANSWER_TIMEOUT_MS / 1000} s`);
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new CommandError(failureOfError(error.cause).message, { next: `capstan status --cluster ${cluster}` });
  }
}
