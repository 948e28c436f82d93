import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { CommandError } from '../command-error.ts';
import { upgradeWorkflowId } from '../../workflows/messages.ts';
import { grpcCode } from './service-errors.ts';

// Code of gRPC.
const NOT_FOUND = 5;

/** The last run of an upgrade; null where Temporal knows none of this cluster. */
export async function describeUpgrade(client: Client, cluster: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.workflow.getHandle(upgradeWorkflowId(cluster)).describe();
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** The same, and it fails where there is none, or where it is not of the upgrade that began with the run `first`. */
export async function requireUpgrade(client: Client, cluster: string, first?: string): Promise<WorkflowExecutionDescription> {
  const description = await describeUpgrade(client, cluster);
  if (description === null) throw new CommandError(`no upgrade of ${cluster} is known`, { next: '`capstan list` shows those that are; `capstan start -f FILE` starts one' });
  if (first !== undefined && firstRunOf(description) !== first) throw anotherUpgrade(cluster, description);
  return description;
}

/** The run that an upgrade began with. It tells the upgrades of one cluster apart, which all have one workflow id. */
export function firstRunOf({ raw, runId }: WorkflowExecutionDescription): string {
  return raw.workflowExecutionInfo?.firstRunId || runId;
}

/** A Temporal that was away may come back with an older state of its own, or be another one. */
function anotherUpgrade(cluster: string, { startTime }: WorkflowExecutionDescription): CommandError {
  return new CommandError(
    `what became of the upgrade of ${cluster} that was followed is not known: Temporal has another one, of ${startTime.toISOString()}`,
    { next: `\`capstan watch --cluster ${cluster}\` follows that one; where it is an old one, \`capstan plan -f FILE\` shows what is left to upgrade` },
  );
}

function isNotFound(error: unknown): boolean {
  return (error instanceof Error && error.name === 'WorkflowNotFoundError') || grpcCode(error) === NOT_FOUND;
}
