import type { Client } from '@temporalio/client';
import { noTaker, noWorker, noWorkerOfVersion } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';

// temporal.api.enums.v1.TaskQueueType
const WORKFLOW_TASKS = 1;
// temporal.api.enums.v1.WorkerVersioningMode
const VERSIONED = 2;

/** A worker's poll lasts a minute at most, so one that was silent for longer is gone; Temporal lists it for some more minutes. */
const SILENCE_MS = 75_000;

/** Version of a worker deployment, as `CAPSTAN_DEPLOYMENT_NAME` and `CAPSTAN_BUILD_ID` gave it to a worker. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

export interface Poller {
  /** As the worker names itself: process and host. */
  readonly identity: string;
  readonly lastPollMs: number;
  /** Null where the worker takes part in no Worker Versioning. */
  readonly version: WorkerVersion | null;
}

export interface Workers {
  /** Those that poll the task queue now. */
  readonly pollers: readonly Poller[];
  /** Version that takes what begins now; null means workers without a version. */
  readonly current: WorkerVersion | null;
}

export async function liveWorkers(client: Client, { namespace, taskQueue }: TemporalSettings): Promise<Workers> {
  const { pollers, versioningInfo } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_TASKS });
  const live = (pollers ?? [])
    .map(({ identity, lastAccessTime, deploymentOptions }) => ({
      identity: identity ?? '', lastPollMs: Number(lastAccessTime?.seconds ?? 0) * 1000,
      version: deploymentOptions?.workerVersioningMode === VERSIONED ? versionOf(deploymentOptions) : null,
    }))
    .filter(({ lastPollMs }) => Date.now() - lastPollMs < SILENCE_MS);
  return { pollers: live, current: versionOf(versioningInfo?.currentDeploymentVersion) };
}

/**
 * Fails with exit code 75 where no worker polls that could answer.
 * @param known What is known without one, to end the sentence with.
 * @param pinned Version that the workflow in question began on; null asks for any worker.
 */
export async function requireWorker(client: Client, settings: TemporalSettings, known = '', pinned: WorkerVersion | null = null): Promise<void> {
  const { pollers } = await liveWorkers(client, settings);
  if (pollers.length === 0) throw noWorker(settings.taskQueue, known);
  if (pinned !== null && !pollers.some(({ version }) => isSame(version, pinned))) throw noWorkerOfVersion(settings.taskQueue, pinned, known);
}

/** Fails with exit code 75 where no worker polls that would take what begins now. */
export async function requireTaker(client: Client, settings: TemporalSettings): Promise<void> {
  const workers = await liveWorkers(client, settings);
  if (workers.pollers.length === 0) throw noWorker(settings.taskQueue, '');
  if (!hasTaker(workers)) throw noTaker(settings.taskQueue, workers.pollers.map(({ version }) => version), workers.current);
}

/** True where one of the workers takes what begins now. */
export function hasTaker({ pollers, current }: Workers): boolean {
  return pollers.some(({ version }) => isSame(version, current));
}

/** A version out of an answer of Temporal; null where it names none. */
export function versionOf(given: { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined): WorkerVersion | null {
  const { deploymentName, buildId } = given ?? {};
  return deploymentName && buildId ? { deploymentName, buildId } : null;
}

function isSame(one: WorkerVersion | null, other: WorkerVersion | null): boolean {
  return one?.deploymentName === other?.deploymentName && one?.buildId === other?.buildId;
}
