import type { Client } from '@temporalio/client';
import type { StepProgress } from '../../workflows/domain/step.ts';
import { nodeWorkflowId, restoreWorkflowId, upgradeWorkflowId, WORKFLOW } from '../../workflows/messages.ts';
import { decodeFirst, failureOfProto, textOf } from './failures.ts';
import type { PendingActivity } from './failures.ts';
import type { RunningStep } from './port.ts';

// temporal.api.enums.v1.PendingActivityState
const STARTED = 2;

// temporal.api.enums.v1.WorkflowExecutionStatus
const RUNNING = 1;

/** Nodes in flight that one answer looks into: each is a call of its own. */
const MOST_NODES = 50;

/** Steps that run or wait for their next attempt, as Temporal sees them: known without any worker. */
export async function runningSteps(client: Client, cluster: string): Promise<readonly RunningStep[]> {
  const { raw } = await client.workflow.getHandle(upgradeWorkflowId(cluster)).describe();
  const own = await runningStepsOf(null, raw.pendingActivities);
  const prefix = nodeWorkflowId(cluster, '');
  const nodes = new Set((raw.pendingChildren ?? [])
    .filter(({ workflowTypeName, workflowId }) => isNodeWorkflow(workflowTypeName) && workflowId?.startsWith(prefix) === true)
    .map(({ workflowId }) => (workflowId ?? '').slice(prefix.length)));
  const info = raw.workflowExecutionInfo;
  if (info?.status === RUNNING && info.firstRunId !== info.execution?.runId) await addInherited(client, prefix, nodes);
  const below = await Promise.all([...nodes].slice(0, MOST_NODES).map((node) => stepsOfNode(client, cluster, node)));
  return [...own, ...await stepsOfRestore(client, cluster, raw.pendingChildren ?? []), ...below.flat()];
}

function isNodeWorkflow(type: string | null | undefined): boolean {
  return type === WORKFLOW.upgradeNode || type === WORKFLOW.rollbackNode;
}

/** Nodes that an earlier run of the upgrade has started: they are no children of this one. */
async function addInherited(client: Client, prefix: string, nodes: Set<string>): Promise<void> {
  const query = `WorkflowType IN ('${WORKFLOW.upgradeNode}', '${WORKFLOW.rollbackNode}') AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${prefix}'`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: MOST_NODES })) {
    if (nodes.size >= MOST_NODES) return;
    nodes.add(workflowId.slice(prefix.length));
  }
}

/** Steps of the restore that an upgrade runs: of the cluster as a whole, as those that a restore runs by itself. */
async function stepsOfRestore(client: Client, cluster: string, children: readonly { readonly workflowTypeName?: string | null }[]): Promise<readonly RunningStep[]> {
  if (!children.some(({ workflowTypeName }) => workflowTypeName === WORKFLOW.restoreCluster)) return [];
  const { raw } = await client.workflow.getHandle(restoreWorkflowId(cluster)).describe();
  return runningStepsOf(null, raw.pendingActivities);
}

/** The same of one node alone; empty where it has no workflow. */
export async function stepsOfNode(client: Client, cluster: string, node: string): Promise<readonly RunningStep[]> {
  const { raw } = await client.workflow.getHandle(nodeWorkflowId(cluster, node)).describe();
  return runningStepsOf(node, raw.pendingActivities);
}

function runningStepsOf(node: string | null, activities: readonly PendingActivity[] | null | undefined): Promise<readonly RunningStep[]> {
  return Promise.all((activities ?? []).map((activity) => runningStep(node, activity)));
}

async function runningStep(node: string | null, activity: PendingActivity): Promise<RunningStep> {
  const progress = await decodeFirst(activity.heartbeatDetails);
  return {
    node, step: activity.activityType?.name ?? '', attempt: activity.attempt ?? 1,
    startedAt: activity.state === STARTED ? isoTime(activity.lastStartedTime) : null,
    message: textOf(progress, 'message'), blockers: blockersOf(progress),
    failure: activity.lastFailure ? await failureOfProto(activity.lastFailure) : null,
  };
}

function blockersOf(progress: unknown): NonNullable<StepProgress['blockers']> {
  if (typeof progress !== 'object' || progress === null || !('blockers' in progress) || !Array.isArray(progress.blockers)) return [];
  const blockers: readonly unknown[] = progress.blockers;
  return blockers.flatMap((blocker) => {
    const pod = textOf(blocker, 'pod');
    if (pod === null) return [];
    const seconds: unknown = typeof blocker === 'object' && blocker !== null && 'seconds' in blocker ? blocker.seconds : 0;
    return [{ pod, budget: textOf(blocker, 'budget'), reason: textOf(blocker, 'reason') ?? '', seconds: typeof seconds === 'number' ? seconds : 0 }];
  });
}

/** ISO time of a timestamp of the service; null where it has none. */
export function isoTime(time: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined): string | null {
  if (time?.seconds === undefined || time.seconds === null) return null;
  return new Date(Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6).toISOString();
}
