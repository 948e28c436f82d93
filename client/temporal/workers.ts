import type { Client } from '@temporalio/client';
import { noWorker } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';

// temporal.api.enums.v1.TaskQueueType
const WORKFLOW_TASKS = 1;

/** A worker's poll lasts a minute at most, so one that was silent for longer is gone; Temporal lists it for some more minutes. */
const SILENCE_MS = 75_000;

export interface Poller {
  /** As the worker names itself: process and host. */
  readonly identity: string;
  readonly lastPollMs: number;
}

/** Workers that poll the task queue now. */
export async function livePollers(client: Client, { namespace, taskQueue }: TemporalSettings): Promise<readonly Poller[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_TASKS });
  return (pollers ?? [])
    .map(({ identity, lastAccessTime }) => ({ identity: identity ?? '', lastPollMs: Number(lastAccessTime?.seconds ?? 0) * 1000 }))
    .filter(({ lastPollMs }) => Date.now() - lastPollMs < SILENCE_MS);
}

/** Fails with exit code 75 where no worker polls. @param known What is known without one, to end the sentence with. */
export async function requireWorker(client: Client, settings: TemporalSettings, known = ''): Promise<void> {
  const pollers = await livePollers(client, settings);
  if (pollers.length === 0) throw noWorker(settings.taskQueue, known);
}
