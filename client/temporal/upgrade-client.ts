import { WorkflowFailedError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { Decision } from '../../workflows/domain/decision.ts';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import {
  approveSignal, approveUpdate, cancelSignal, pauseSignal, resolveHoldUpdate, resumeSignal, retryNodeSignal, rollbackSignal, rollbackUpdate, setPolicyUpdate, skipNodeSignal, upgradeWorkflowId,
} from '../../workflows/messages.ts';
import { CommandError } from '../command-error.ts';
import { failureOfError } from './failures.ts';
import { inspectCluster, releaseCluster } from './inspect.ts';
import type { ControlMessage, UpdateMessage, UpgradeClient } from './port.ts';
import { describeUpgrade, firstRunOf, requireUpgrade } from './describe-upgrade.ts';
import { readOrigin, readPlan, readReport, readStatus } from './read-upgrade.ts';
import type { UpgradeCluster } from './read-upgrade.ts';
import { runningSteps, temporalPauses } from './running-steps.ts';
import { checkService } from './service-checks.ts';
import { grpcCode, noWorker, serviceError } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';
import { startRestore, startUpgrade } from './start-locked.ts';
import { listUpgrades, runningClusters, summaryOf } from './summaries.ts';

/** No call of the service takes longer, but those that wait for an upgrade or an inspection. */
const CALL_TIMEOUT_MS = 15_000;

/** Pauses before the second and the third try of a call. */
const RETRY_PAUSES_MS = [200, 1_000] as const;

/** Codes of gRPC: RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE. */
const PASSING_CODES: readonly number[] = [8, 10, 14];

/** The client over a connection, which it owns. */
export function openUpgradeClient(client: Client, settings: TemporalSettings): UpgradeClient {
  const once = <T>(body: () => Promise<T>): Promise<T> =>
    told(settings, () => client.connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, body));
  const call = <T>(body: () => Promise<T>): Promise<T> => once(() => tryAgain(body));
  return {
    address: settings.address,
    namespace: settings.namespace,
    inspect: (input, onWait = () => undefined) => told(settings, () => inspectCluster(client, settings, input, onWait)),
    release: (input, onWait = () => undefined) => told(settings, () => releaseCluster(client, settings, input, onWait)),
    // Never tried again: a start whose answer was lost would be refused as a second one.
    start: (input) => once(() => startUpgrade(client, settings, input)),
    restore: (input) => once(() => startRestore(client, settings, input)),
    find: (cluster) => call(async () => {
      const description = await describeUpgrade(client, cluster);
      return description === null ? null : summaryOf(description);
    }),
    list: (limit) => call(() => listUpgrades(client, limit)),
    running: () => call(() => runningClusters(client)),
    plan: (cluster) => call(() => readPlan(client, settings, cluster)),
    status: (cluster, first) => call(() => readStatus(client, settings, cluster, first)),
    firstRun: (cluster) => call(async () => firstRunOf(await requireUpgrade(client, cluster))),
    activities: (cluster) => call(() => runningSteps(client, cluster)),
    pauses: (cluster) => call(() => temporalPauses(client, cluster)),
    report: (cluster) => call(() => readReport(client, settings, cluster)),
    origin: (cluster) => call(() => readOrigin(client, settings, cluster)),
    send: (cluster, message) => call(() => send(client, cluster, message)),
    // Never tried again: one whose answer was lost would be noted twice.
    update: (cluster, message) => once(() => update(client, settings, cluster, message)),
    ended: (cluster, signal, first) => told(settings, () => ended(client, cluster, signal, first)),
    checkService: () => call(() => checkService(client, settings)),
    page: (cluster) => page(settings, cluster),
    close: () => client.connection.close(),
  };
}

/** Tries again where the service says that it passes. */
async function tryAgain<T>(body: () => Promise<T>): Promise<T> {
  for (const pauseMs of RETRY_PAUSES_MS) {
    try {
      return await body();
    } catch (error) {
      if (!PASSING_CODES.includes(grpcCode(error) ?? 0)) throw error;
      await delay(pauseMs);
    }
  }
  return body();
}

async function told<T>(settings: TemporalSettings, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw serviceError(error, settings);
  }
}

async function send(client: Client, cluster: string, control: ControlMessage): Promise<void> {
  const handle = client.workflow.getHandle(upgradeWorkflowId(cluster));
  switch (control.kind) {
    case 'pause': return handle.signal(pauseSignal, control.message);
    case 'resume': return handle.signal(resumeSignal, control.message);
    case 'skipNode': return handle.signal(skipNodeSignal, control.message);
    case 'retryNode': return handle.signal(retryNodeSignal, control.message);
    case 'cancel': return handle.signal(cancelSignal, control.message);
    case 'approve': return handle.signal(approveSignal, control.message);
    case 'rollback': return handle.signal(rollbackSignal, control.message);
  }
}

async function update(client: Client, { taskQueue }: TemporalSettings, cluster: string, asked: UpdateMessage): Promise<Decision> {
  const handle = client.workflow.getHandle(upgradeWorkflowId(cluster));
  try {
    switch (asked.kind) {
      case 'resolveHold': return await handle.executeUpdate(resolveHoldUpdate, { args: [asked.message] });
      case 'approve': return await handle.executeUpdate(approveUpdate, { args: [asked.message] });
      case 'setPolicy': return await handle.executeUpdate(setPolicyUpdate, { args: [asked.message] });
      case 'rollback': return await handle.executeUpdate(rollbackUpdate, { args: [asked.message] });
    }
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new CommandError(failureOfError(error.cause ?? error).message, { next: `nothing was changed; \`capstan status --cluster ${cluster}\` shows each node` });
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw noWorker(taskQueue, ' and answers in time; the decision may still be taken when one runs');
    throw error;
  }
}

async function ended(client: Client, cluster: string, signal: AbortSignal, first?: string): Promise<UpgradeReport | null> {
  try {
    return await client.connection.withAbortSignal(signal, async () => {
      const { workflowId, runId } = await requireUpgrade(client, cluster, first);
      return client.workflow.getHandle<UpgradeCluster>(workflowId, runId).result();
    });
  } catch (error) {
    if (signal.aborted) return null;
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { message, next } = failureOfError(error);
    throw new CommandError(`the upgrade of ${cluster} was ended in Temporal: ${message}`, { exitCode: 6, next: next ?? `\`capstan status --cluster ${cluster}\` shows how far it came` });
  }
}

function page({ ui, namespace }: TemporalSettings, cluster: string): string | null {
  return ui === null ? null : `${ui}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(upgradeWorkflowId(cluster))}`;
}
