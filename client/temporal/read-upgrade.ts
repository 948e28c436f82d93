import { QueryRejectedError, WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { CommandError } from '../command-error.ts';
import type { Failure } from '../../workflows/domain/failure.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';
import { planQuery, reportQuery, statusQuery, upgradeId, upgradeWorkflowId } from '../../workflows/messages.ts';
import type { RestoreClusterInput, UpgradeClusterInput } from '../../workflows/messages.ts';
import { requireUpgrade } from './describe-upgrade.ts';
import { decodeFirst, failureOfError } from './failures.ts';
import { pausedError, pauseOfWorkflow } from './own-controls.ts';
import type { UpgradeOrigin } from './port.ts';
import { grpcCode, noWorker } from './service-errors.ts';
import type { TemporalSettings } from './settings.ts';
import { statusOfReport } from './status-of-report.ts';
import { summaryOf } from './summaries.ts';
import { requireWorker, versionOf } from './workers.ts';
import type { WorkerVersion } from './workers.ts';

export type UpgradeCluster = (input: UpgradeClusterInput) => Promise<UpgradeReport>;
type Handle = WorkflowHandle<UpgradeCluster>;

/** A worker that is busy for longer than this is taken for gone. */
const QUERY_TIMEOUT_MS = 10_000;

// temporal.api.enums.v1.VersioningBehavior
const PINNED = 1;

// Codes of gRPC.
const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;

/** The status of the last upgrade of a cluster, which must have begun with the run `first` where one is given. One that ended by itself needs no worker to tell it. */
export async function readStatus(client: Client, settings: TemporalSettings, cluster: string, first?: string): Promise<UpgradeStatus> {
  const description = await requireUpgrade(client, cluster, first);
  const handle = client.workflow.getHandle<UpgradeCluster>(description.workflowId, description.runId);
  switch (description.status.name) {
    case 'COMPLETED':
      return statusOfReport(await handle.result(), (await readStart(client, settings, cluster, description.runId)).nodes);
    case 'RUNNING':
    case 'PAUSED':
      return query(client, settings, description, () => handle.query(statusQuery));
    default: {
      const status = await query(client, settings, description, () => handle.query(statusQuery));
      const isCancelled = description.status.name === 'CANCELLED';
      return { ...status, state: isCancelled ? 'cancelled' : 'failed', failure: await failureOfRun(handle) };
    }
  }
}

/** The plan of the last upgrade of a cluster, as it stands. */
export async function readPlan(client: Client, settings: TemporalSettings, cluster: string): Promise<UpgradePlan> {
  const description = await requireUpgrade(client, cluster);
  const handle = client.workflow.getHandle<UpgradeCluster>(description.workflowId, description.runId);
  return query(client, settings, description, () => handle.query(planQuery));
}

export async function readReport(client: Client, settings: TemporalSettings, cluster: string): Promise<UpgradeReport> {
  const description = await requireUpgrade(client, cluster);
  const handle = client.workflow.getHandle<UpgradeCluster>(description.workflowId, description.runId);
  if (description.status.name === 'COMPLETED') return handle.result();
  return query(client, settings, description, () => handle.query(reportQuery));
}

/** Spec and host folder of the last upgrade of a cluster. */
export async function readOrigin(client: Client, settings: TemporalSettings, cluster: string): Promise<UpgradeOrigin> {
  const { runId } = await requireUpgrade(client, cluster);
  return readStart(client, settings, cluster, runId);
}

interface UpgradeStart extends UpgradeOrigin {
  readonly nodes: readonly PlannedNode[];
}

/** What an upgrade was started with, out of the first event of its history. */
async function readStart(client: Client, { namespace }: TemporalSettings, cluster: string, runId: string): Promise<UpgradeStart> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace, execution: { workflowId: upgradeWorkflowId(cluster), runId }, maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const input = await decodeFirst(started?.input);
  if (isInput(input)) return startOf(input, started?.firstExecutionRunId ?? runId);
  throw new CommandError(`the history of the upgrade of ${cluster} does not begin with a spec`, { next: 'look at it in the Web UI: something else may have started it' });
}

async function query<T>(client: Client, settings: TemporalSettings, description: WorkflowExecutionDescription, body: () => Promise<T>): Promise<T> {
  const { state, phase, cluster, startedBy, startedAt } = summaryOf(description);
  refusePaused(cluster, description);
  const known = `, so the nodes of ${cluster} cannot be shown; its upgrade, started by ${startedBy ?? 'somebody'} at ${startedAt}, is ${state}${phase === null ? '' : ` in phase ${phase}`} and goes on when a worker runs`;
  await requireWorker(client, settings, known, pinnedVersion(description));
  try {
    return await client.connection.withDeadline(Date.now() + QUERY_TIMEOUT_MS, body);
  } catch (error) {
    // Paused since it was described.
    if (error instanceof QueryRejectedError) refusePaused(cluster, await client.workflow.getHandle(description.workflowId, description.runId).describe());
    const code = grpcCode(error);
    if (code === FAILED_PRECONDITION || code === DEADLINE_EXCEEDED) throw noWorker(settings.taskQueue, ` and answers within ${QUERY_TIMEOUT_MS / 1000} s${known}`);
    throw error;
  }
}

/** Temporal asks no worker for the answer of a workflow that it has paused. */
function refusePaused(cluster: string, { raw }: WorkflowExecutionDescription): void {
  const pause = pauseOfWorkflow(null, raw);
  if (pause !== null) throw pausedError(cluster, pause);
}

/** Version that the run must be answered by; null where any worker may. */
function pinnedVersion({ raw }: WorkflowExecutionDescription): WorkerVersion | null {
  const versioning = raw.workflowExecutionInfo?.versioningInfo;
  // A person who moved the run by an override has said himself which worker goes on.
  if (versioning?.behavior !== PINNED || versioning.versioningOverride) return null;
  return versionOf(versioning.deploymentVersion);
}

async function failureOfRun(handle: Handle): Promise<Failure> {
  try {
    await handle.result();
    return { type: 'Unexpected', message: 'ended without a result' };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return failureOfError(error);
  }
}

/** A restore works in the folders of the upgrade that it takes back. One of its nodes that is back has both versions the same. */
function startOf(input: UpgradeClusterInput | RestoreClusterInput, firstRunId: string): UpgradeStart {
  const { spec, plan } = input;
  if (!('upgrade' in plan)) return { id: upgradeId(spec.name, plan.to, firstRunId), spec, nodes: plan.nodes };
  return { id: plan.upgrade, spec, nodes: [...plan.nodes, ...(plan.workers ?? [])].map((node) => ({ ...node, from: node.to })) };
}

// Our own start wrote it: the shape is checked at its two roots only.
function isInput(value: unknown): value is UpgradeClusterInput | RestoreClusterInput {
  return typeof value === 'object' && value !== null && 'spec' in value && 'plan' in value;
}
