import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, upgradeWorkflowId, WORKFLOW } from '../../workflows/messages.ts';
import { textOf } from './failures.ts';
import type { UpgradeSummary } from './port.ts';

// A restore that an upgrade runs has an id of its own, and is shown as part of it.
const UPGRADES = `WorkflowType IN ('${WORKFLOW.upgradeCluster}', '${WORKFLOW.restoreCluster}') AND WorkflowId STARTS_WITH '${upgradeWorkflowId('')}'`;

/** Ended for good: a run that continued as new goes on in another one. An open workflow may also be one that somebody paused in Temporal, a status that older servers do not know. */
const ENDED = "('Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut')";
export const IS_OPEN = `ExecutionStatus NOT IN ${ENDED.slice(0, -1)}, 'ContinuedAsNew')`;

/** Most running upgrades that are looked for where no cluster is named. */
const MOST_RUNNING = 1000;

/** Upgrades and restores, running ones first, then the last ones that ended; at most `limit`. */
export async function listUpgrades(client: Client, limit: number): Promise<readonly UpgradeSummary[]> {
  const running = await take(client, `${UPGRADES} AND ${IS_OPEN}`, limit);
  const ended = await take(client, `${UPGRADES} AND ExecutionStatus IN ${ENDED}`, limit - running.length);
  return [...running, ...ended].map(summaryOf);
}

export async function runningClusters(client: Client): Promise<readonly string[]> {
  const running = await take(client, `${UPGRADES} AND ${IS_OPEN}`, MOST_RUNNING);
  return running.map(({ workflowId }) => clusterOf(workflowId)).toSorted();
}

async function take(client: Client, query: string, limit: number): Promise<readonly WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  if (limit <= 0) return found;
  for await (const execution of client.workflow.list({ query, pageSize: limit })) {
    found.push(execution);
    if (found.length >= limit) break;
  }
  return found;
}

/** The summary of any execution of an upgrade; what it never told Temporal is null. */
export function summaryOf(execution: Omit<WorkflowExecutionInfo, 'raw'>): UpgradeSummary {
  const { workflowId, status, startTime, closeTime, typedSearchAttributes, memo } = execution;
  return {
    cluster: clusterOf(workflowId),
    state: stateOf(status.name, typedSearchAttributes.get(SEARCH_ATTRIBUTES.state) ?? null),
    phase: typedSearchAttributes.get(SEARCH_ATTRIBUTES.phase) ?? null,
    target: textOf(memo, 'target') ?? typedSearchAttributes.get(SEARCH_ATTRIBUTES.target) ?? null,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
    startedBy: textOf(memo, 'startedBy'),
  };
}

/** Temporal's word goes first where the workflow was ended from outside and could not say so. */
function stateOf(status: string, told: string | null): string {
  switch (status) {
    case 'RUNNING': return told ?? 'running';
    case 'PAUSED': return 'paused in Temporal';
    case 'COMPLETED': return told ?? 'done';
    case 'CANCELLED': return 'cancelled';
    case 'TERMINATED': return 'terminated';
    default: return 'failed';
  }
}

function clusterOf(workflowId: string): string {
  return workflowId.slice(upgradeWorkflowId('').length);
}
