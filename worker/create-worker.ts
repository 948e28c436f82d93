import { setFlagsFromString } from 'node:v8';
import { NativeConnection, Worker } from '@temporalio/worker';
import { compressingCodec } from '../codec/compress.ts';
import type { Activities } from '../activities/index.ts';
import { beatingActivities } from './beating.ts';
import { tlsOptions } from './config.ts';
import type { Configuration, TemporalAccess, WorkerVersion } from './config.ts';
import { redactingActivities } from './redacting.ts';

export interface WorkerParts {
  readonly connection: NativeConnection;
  readonly activities: Activities;
  /** Path of the workflow bundle. */
  readonly bundlePath: string;
}

/** The worker of one task queue. Its numbers are for a process that waits more than it computes. */
export async function createWorker(configuration: Configuration, parts: WorkerParts): Promise<Worker> {
  // For heaps made from here on, which is that of the thread that runs the workflows: left alone, it keeps a hundred megabytes of
  // short-lived objects and is no faster for it.
  setFlagsFromString('--max-semi-space-size=4');
  return Worker.create({
    connection: parts.connection,
    namespace: configuration.temporal.namespace,
    taskQueue: configuration.taskQueue,
    workflowBundle: { codePath: parts.bundlePath },
    activities: { ...parts.activities },
    interceptors: { activity: [redactingActivities, beatingActivities] },
    dataConverter: { payloadCodecs: [compressingCodec] },
    maxConcurrentActivityTaskExecutions: configuration.concurrency,
    // Workflow tasks take milliseconds; a child workflow per node asks for many at once.
    maxConcurrentWorkflowTaskExecutions: 40,
    // About 0.4 MB each with a shared context; one that fell out is replayed from its short history. Room for a hundred clusters
    // with two nodes in flight each.
    maxCachedWorkflows: 320,
    reuseV8Context: true,
    // Heartbeats carry what a drain waits for, and a dead worker is noticed by their absence.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '1 second',
    // Host steps go on without us and are found again, so there is nothing to wait long for.
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '20 seconds',
    ...versioningOf(configuration.version),
  });
}

/**
 * An upgrade and its nodes stay with the version that they began on; an upgrade that goes on in a new history goes to the current
 * one, see `continueWhereFull`.
 */
function versioningOf(version: WorkerVersion | null) {
  if (version === null) return {};
  return { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' } } as const;
}

/** Nobody answers where Temporal was looked for. */
class TemporalAway extends Error {
  override readonly name = 'TemporalAway';
}

/** @throws TemporalAway that says where Temporal was looked for and how to start one. */
export async function connect(temporal: TemporalAccess): Promise<NativeConnection> {
  const tls = temporal.tls === null ? {} : { tls: await tlsOptions(temporal.tls) };
  try {
    return await NativeConnection.connect({ address: temporal.address, ...tls, ...(temporal.apiKey === null ? {} : { apiKey: temporal.apiKey }) });
  } catch (error) {
    throw new TemporalAway(`No Temporal server answers at ${temporal.address} (${reasonOf(error)}).\nNext: \`capstan dev\` starts one here; CAPSTAN_TEMPORAL_ADDRESS names another.`);
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
