import { Client, Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';

/** What people can do to a workflow or its activities by Temporal's own means, past the engine. */
export const TEMPORAL_CONTROLS = ['pause-steps', 'reset-steps', 'pause-workflow'] as const;
export type TemporalControl = (typeof TEMPORAL_CONTROLS)[number];

/** Long enough for the running attempt to hear of it at a heartbeat. */
const PAUSED_MS = 6_000;
const NAMESPACE = 'default';
const SOMEBODY = { namespace: NAMESPACE, identity: 'somebody', reason: 'a look', requestId: '' };

// Codes of gRPC: of a workflow or an activity that has ended meanwhile.
const ENDED: readonly unknown[] = [5, 9];

/** Pauses what runs of the first of these workflows that runs, and lets it go on after a while; or has Temporal begin its activities again. */
export async function useTemporalControl(address: string, control: TemporalControl, workflowIds: readonly string[]): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace: NAMESPACE });
    const running = await firstRunning(client, workflowIds);
    if (running !== null) await apply(client, control, running);
  } catch (error) {
    if (!hasEnded(error)) throw error;
  } finally {
    await connection.close();
  }
}

async function firstRunning(client: Client, workflowIds: readonly string[]): Promise<string | null> {
  for (const id of workflowIds) {
    try {
      if ((await client.workflow.getHandle(id).describe()).closeTime === undefined) return id;
    } catch (error) {
      if (!hasEnded(error)) throw error;
    }
  }
  return null;
}

function hasEnded(error: unknown): boolean {
  return error instanceof Error && (error.name === 'WorkflowNotFoundError' || ('code' in error && ENDED.includes(error.code)));
}

async function apply(client: Client, control: TemporalControl, workflowId: string): Promise<void> {
  const { workflowService } = client;
  switch (control) {
    case 'pause-workflow':
      await workflowService.pauseWorkflowExecution({ ...SOMEBODY, workflowId, requestId: crypto.randomUUID() });
      await delay(PAUSED_MS);
      await workflowService.unpauseWorkflowExecution({ ...SOMEBODY, workflowId, requestId: crypto.randomUUID() });
      return;
    case 'pause-steps':
      await eachActivity(client, workflowId, (id) => workflowService.pauseActivity({ ...SOMEBODY, execution: { workflowId }, id, requestId: crypto.randomUUID() }));
      await delay(PAUSED_MS);
      return eachActivity(client, workflowId, (id) => workflowService.unpauseActivity({ namespace: NAMESPACE, execution: { workflowId }, id }));
    case 'reset-steps':
      return eachActivity(client, workflowId, (id) => workflowService.resetActivity({ namespace: NAMESPACE, execution: { workflowId }, id }));
  }
}

/** One that has ended since it was listed keeps nothing from the others: what was paused must not stay so. */
async function eachActivity(client: Client, workflowId: string, body: (id: string) => Promise<unknown>): Promise<void> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  for (const { activityId } of raw.pendingActivities ?? []) {
    if (!activityId) continue;
    try {
      await body(activityId);
    } catch (error) {
      if (!hasEnded(error)) throw error;
    }
  }
}
