import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { WORKFLOW } from '../../workflows/messages.ts';
import type { InspectClusterInput, InspectClusterResult } from '../../workflows/messages.ts';
import { InspectionError } from '../inspection-error.ts';
import { failureOfError, failureOfProto } from './failures.ts';
import { noWorker } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';
import { requireTaker, requireWorker } from './workers.ts';

export type InspectCluster = (input: InspectClusterInput) => Promise<InspectClusterResult>;

/** How often a waiting person is told of a failed try, and a worker is looked for. */
const LOOK_MS = 2_000;

/** A worker takes up work within milliseconds: Temporal lists one that has just ended for longer than this. */
const UNTAKEN_MS = 8_000;

// temporal.api.enums.v1.PendingWorkflowTaskState
const SCHEDULED = 1;

/** An inspection that nobody waits for any more ends by itself. */
const INSPECTION_TIMEOUT = '30 minutes';

/**
 * Runs `inspectCluster` and waits for its answer, as long as a worker polls.
 *
 * @param onWait Told why the worker's last try failed, once for each cause.
 */
export async function inspectCluster(
  client: Client, settings: TemporalSettings, input: InspectClusterInput, onWait: (words: string) => void,
): Promise<InspectClusterResult> {
  await requireTaker(client, settings);
  const handle = await client.workflow.start<InspectCluster>(WORKFLOW.inspectCluster, {
    taskQueue: settings.taskQueue, workflowId: `inspect/${input.spec.name}/${crypto.randomUUID()}`,
    workflowExecutionTimeout: INSPECTION_TIMEOUT, staticSummary: `${input.what} of ${input.spec.name}`, args: [input],
  });
  const over = new AbortController();
  try {
    // Aborted at the end: a call that outlives the connection would fail when nobody listens.
    return await client.connection.withAbortSignal(over.signal, () => Promise.race([handle.result(), watchOver(client, settings, handle, onWait, over.signal)]));
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw new InspectionError(failureOfError(error));
    await handle.terminate('nobody waits for it any more').catch(() => undefined);
    throw error;
  } finally {
    over.abort();
  }
}

/** Never resolves: fails when the worker is gone, ends quietly when `signal` is aborted. */
async function watchOver(
  client: Client, settings: TemporalSettings, handle: WorkflowHandle<InspectCluster>, onWait: (words: string) => void, signal: AbortSignal,
): Promise<never> {
  let said = '';
  const begunMs = Date.now();
  const never = new Promise<never>(() => undefined);
  for (;;) {
    try {
      await delay(LOOK_MS, undefined, { signal });
    } catch {
      return never;
    }
    await requireWorker(client, settings);
    const { raw } = await handle.describe();
    if (raw.pendingWorkflowTask?.state === SCHEDULED && Date.now() - begunMs > UNTAKEN_MS) throw noWorker(settings.taskQueue, ` and takes up its work within ${UNTAKEN_MS / 1000} s`);
    const failed = raw.pendingActivities?.find(({ lastFailure }) => lastFailure !== null && lastFailure !== undefined)?.lastFailure;
    if (!failed) continue;
    const { message } = failureOfProto(failed);
    if (message !== said) onWait(`still trying: ${message}`);
    said = message;
  }
}
