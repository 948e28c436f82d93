import { CommandError, usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { person } from '../person.ts';
import type { UpgradeClient } from '../temporal/port.ts';
import { whichCluster } from '../which-cluster.ts';
import type { WhichOptions } from '../which-cluster.ts';
import type { RollbackScope } from '../../workflows/domain/rollback.ts';
import type { RollbackMessage } from '../../workflows/messages.ts';
import { requireRunning } from './control.ts';

export interface RollbackOptions extends WhichOptions {
  readonly scope?: RollbackScope;
  readonly reason?: string;
}

/** Asks a running upgrade to take a node or all workers back. The upgrade itself says yes or no; without a worker the word waits in Temporal. */
export async function rollback(context: CommandContext, node: string | null, options: RollbackOptions): Promise<ExitCode> {
  const message = messageOf(node, options);
  return withClient(context, async (client) => {
    const cluster = await whichCluster(context, client, options);
    await requireRunning(client, cluster);
    const answer = await answerOf(client, cluster, message);
    context.terminal.say(answer === null
      ? 'No worker answers: the message waits in Temporal, and takes effect when one runs and the upgrade allows it (start one with: capstan worker)'
      : `${answer.slice(0, 1).toUpperCase()}${answer.slice(1)}. Follow it with: capstan watch --cluster ${cluster}`);
    return EXIT.ok;
  });
}

function messageOf(node: string | null, { scope = 'node', reason }: RollbackOptions): RollbackMessage {
  if (scope === 'node' && node === null) throw usageError('a roll back needs a node, or --scope workers', 'capstan rollback NODE');
  if (scope === 'workers' && node !== null) throw usageError(`--scope workers takes all of them, and ${node} is named as well`, `capstan rollback ${node}, or capstan rollback --scope workers`);
  return { scope, ...(node === null ? {} : { node }), by: person(), ...(reason === undefined ? {} : { reason }) };
}

/** Null where nobody answers: then the signal, which says the same, was left for whoever comes. */
async function answerOf(client: UpgradeClient, cluster: string, message: RollbackMessage): Promise<string | null> {
  try {
    return await client.rollback(cluster, message);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== EXIT.unreachable) throw error;
  }
  await client.send(cluster, { kind: 'rollback', message });
  return null;
}
