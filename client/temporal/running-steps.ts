import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { StepProgress } from '../../workflows/domain/step.ts';
import { nodeWorkflowId, restoreWorkflowId, upgradeWorkflowId, WORKFLOW } from '../../workflows/messages.ts';
import { decodeFirst, failureOfProto, textOf } from './failures.ts';
import type { PendingActivity } from './failures.ts';
import { isoTime } from './iso-time.ts';
import { pauseOfActivity, pauseOfWorkflow } from './own-controls.ts';
import type { RunningStep, TemporalPause } from './port.ts';
import { IS_OPEN } from './summaries.ts';

type Raw = WorkflowExecutionDescription['raw'];

// temporal.api.enums.v1.PendingActivityState
const STARTED = 2;

/** Nodes in flight that one answer looks into: each is a call of its own. */
const MOST_NODES = 50;

/** A workflow of an upgrade: its own, a node's or the restore's. */
interface Seen {
  readonly node: string | null;
  readonly raw: Raw;
}

/** Steps that run or wait for their next attempt, as Temporal sees them: known without any worker. */
export async function runningSteps(client: Client, cluster: string): Promise<readonly RunningStep[]> {
  const steps = await Promise.all((await workflowsOf(client, cluster)).map(stepsOf));
  return steps.flat();
}

/** What somebody has paused by Temporal's own means, known without any worker. */
export async function temporalPauses(client: Client, cluster: string): Promise<readonly TemporalPause[]> {
  const pauses = (await workflowsOf(client, cluster)).flatMap(({ node, raw }) => [
    pauseOfWorkflow(node, raw), ...(raw.pendingActivities ?? []).map((activity) => pauseOfActivity(node, workflowIdOf(raw), activity)),
  ]);
  return pauses.filter((pause) => pause !== null);
}

async function workflowsOf(client: Client, cluster: string): Promise<readonly Seen[]> {
  const own = await describe(client, null, upgradeWorkflowId(cluster));
  const { raw } = own;
  const prefix = nodeWorkflowId(cluster, '');
  const nodes = new Set((raw.pendingChildren ?? [])
    .filter(({ workflowTypeName, workflowId }) => isNodeWorkflow(workflowTypeName) && workflowId?.startsWith(prefix) === true)
    .map(({ workflowId }) => (workflowId ?? '').slice(prefix.length)));
  const info = raw.workflowExecutionInfo;
  const isOpen = info !== null && info !== undefined && !info.closeTime;
  if (isOpen && info.firstRunId !== info.execution?.runId) await addInherited(client, prefix, nodes);
  const below = await Promise.all([...nodes].slice(0, MOST_NODES).map((node) => describe(client, node, nodeWorkflowId(cluster, node))));
  const restores = (raw.pendingChildren ?? []).some(({ workflowTypeName }) => workflowTypeName === WORKFLOW.restoreCluster);
  // Steps of the restore that an upgrade runs are of the cluster as a whole, as those that a restore runs by itself.
  return [own, ...(restores ? [await describe(client, null, restoreWorkflowId(cluster))] : []), ...below];
}

async function describe(client: Client, node: string | null, workflowId: string): Promise<Seen> {
  return { node, raw: (await client.workflow.getHandle(workflowId).describe()).raw };
}

function workflowIdOf({ workflowExecutionInfo }: Raw): string {
  return workflowExecutionInfo?.execution?.workflowId ?? '';
}

function isNodeWorkflow(type: string | null | undefined): boolean {
  return type === WORKFLOW.upgradeNode || type === WORKFLOW.rollbackNode;
}

/** Nodes that an earlier run of the upgrade has started: they are no children of this one. */
async function addInherited(client: Client, prefix: string, nodes: Set<string>): Promise<void> {
  const query = `WorkflowType IN ('${WORKFLOW.upgradeNode}', '${WORKFLOW.rollbackNode}') AND ${IS_OPEN} AND WorkflowId STARTS_WITH '${prefix}'`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: MOST_NODES })) {
    if (nodes.size >= MOST_NODES) return;
    nodes.add(workflowId.slice(prefix.length));
  }
}

/** The steps of one node alone; empty where it has no workflow. */
export async function stepsOfNode(client: Client, cluster: string, node: string): Promise<readonly RunningStep[]> {
  return stepsOf(await describe(client, node, nodeWorkflowId(cluster, node)));
}

function stepsOf({ node, raw }: Seen): Promise<readonly RunningStep[]> {
  return Promise.all((raw.pendingActivities ?? []).map((activity) => runningStep(node, workflowIdOf(raw), activity)));
}

async function runningStep(node: string | null, workflowId: string, activity: PendingActivity): Promise<RunningStep> {
  const progress = await decodeFirst(activity.heartbeatDetails);
  const pause = pauseOfActivity(node, workflowId, activity);
  return {
    node, step: activity.activityType?.name ?? '', attempt: activity.attempt ?? 1,
    startedAt: activity.state === STARTED ? isoTime(activity.lastStartedTime) : null,
    message: textOf(progress, 'message'), blockers: blockersOf(progress),
    failure: activity.lastFailure ? await failureOfProto(activity.lastFailure) : null,
    ...(pause === null ? {} : { pausedInTemporal: pause }),
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
