import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle, WorkflowResultType } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { WORKFLOW } from '../../workflows/messages.ts';
import type { InspectClusterInput, InspectClusterResult, ReleaseClusterInput, ReleaseClusterResult } from '../../workflows/messages.ts';
import { InspectionError } from '../inspection-error.ts';
import { failureOfError, failureOfProto } from './failures.ts';
import { noWorker } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';
import { untakenTask } from './untaken.ts';
import type { UntakenTask } from './untaken.ts';
import { requireTaker, requireWorker } from './workers.ts';

type InspectCluster = (input: InspectClusterInput) => Promise<InspectClusterResult>;
type ReleaseCluster = (input: ReleaseClusterInput) => Promise<ReleaseClusterResult>;

/** Told why the worker's last try failed, once for each cause. */
type OnWait = (words: string) => void;

/** How often a waiting person is told of a failed try, and a worker is looked for. */
const LOOK_MS = 2_000;

/** A worker takes up work within milliseconds: Temporal lists one that has just ended for longer than this. */
const UNTAKEN_MS = 8_000;

/** One that nobody waits for any more ends by itself. */
const TIMEOUT = '30 minutes';

/** Reads a cluster; as long as a worker polls. */
export function inspectCluster(client: Client, settings: TemporalSettings, input: InspectClusterInput, onWait: OnWait): Promise<InspectClusterResult> {
  const { spec, what } = input;
  return resultOf(client, settings, () => client.workflow.start<InspectCluster>(WORKFLOW.inspectCluster, {
    taskQueue: settings.taskQueue, workflowId: `inspect/${spec.name}/${crypto.randomUUID()}`,
    workflowExecutionTimeout: TIMEOUT, staticSummary: `${what} of ${spec.name}`, args: [input],
  }), onWait);
}

/** Finds what upgrades have left, and releases it where `apply` says so. */
export function releaseCluster(client: Client, settings: TemporalSettings, input: ReleaseClusterInput, onWait: OnWait): Promise<ReleaseClusterResult> {
  const { spec } = input;
  return resultOf(client, settings, () => client.workflow.start<ReleaseCluster>(WORKFLOW.releaseCluster, {
    taskQueue: settings.taskQueue, workflowId: `release/${spec.name}/${crypto.randomUUID()}`,
    workflowExecutionTimeout: TIMEOUT, staticSummary: `release ${spec.name}`, args: [input],
  }), onWait);
}

/** Starts a workflow that a person waits for, and waits for its answer. */
async function resultOf<W extends Workflow>(client: Client, settings: TemporalSettings, start: () => Promise<WorkflowHandle<W>>, onWait: OnWait): Promise<WorkflowResultType<W>> {
  await requireTaker(client, settings);
  const handle = await start();
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
  client: Client, settings: TemporalSettings, handle: WorkflowHandle<Workflow>, onWait: OnWait, signal: AbortSignal,
): Promise<never> {
  let said = '';
  let untaken: UntakenTask | null = null;
  const never = new Promise<never>(() => undefined);
  for (;;) {
    try {
      await delay(LOOK_MS, undefined, { signal });
    } catch {
      return never;
    }
    await requireWorker(client, settings);
    const { raw } = await handle.describe();
    const nowMs = Date.now();
    untaken = untakenTask(raw.pendingWorkflowTask, untaken, nowMs);
    if (untaken !== null && nowMs - untaken.sinceMs > UNTAKEN_MS) throw noWorker(settings.taskQueue, ` and takes up its work within ${UNTAKEN_MS / 1000} s`);
    const failed = raw.pendingActivities?.find(({ lastFailure }) => lastFailure !== null && lastFailure !== undefined)?.lastFailure;
    if (!failed) continue;
    const { message } = await failureOfProto(failed);
    if (message !== said) onWait(`still trying: ${message}`);
    said = message;
  }
}
