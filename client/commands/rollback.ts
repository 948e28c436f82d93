import { usageError } from '../command-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { requireNode, send, withRunningUpgrade } from '../running-upgrade.ts';
import { said } from './control.ts';
import { rollbackCluster } from './rollback-cluster.ts';
import type { ReasonOptions } from './control.ts';
import type { RollbackScope } from '../../workflows/domain/rollback.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import type { RollbackMessage } from '../../workflows/messages.ts';

export interface RollbackOptions extends ReasonOptions {
  readonly scope?: RollbackScope;
  /** With the scope `cluster`: its name. */
  readonly confirm?: string;
}

/** Asks a running upgrade to take a node, all workers or the whole cluster back. The upgrade itself says yes or no; without a worker the word waits in Temporal. */
export async function rollback(context: CommandContext, node: string | null, options: RollbackOptions): Promise<ExitCode> {
  const message = messageOf(node, options);
  if (message.scope === 'cluster') return rollbackCluster(context, options);
  return withRunningUpgrade(context, options, async (upgrade) => {
    const { client, cluster, before } = upgrade;
    if (before === null) return send(upgrade, { kind: 'rollback', message }, (status) => answerOf(node, status));
    const words = answerOf(node, before);
    await client.update(cluster, { kind: 'rollback', message });
    return `${words}. Follow it with: capstan watch --cluster ${cluster}`;
  });
}

function messageOf(node: string | null, options: RollbackOptions): RollbackMessage {
  const { scope = 'node' } = options;
  if (scope === 'node' && node === null) throw usageError('a roll back needs a node, or --scope workers or cluster', 'capstan rollback NODE');
  if (scope !== 'node' && node !== null) throw usageError(`--scope ${scope} takes all of them, and ${node} is named as well`, `capstan rollback ${node}, or capstan rollback --scope ${scope}`);
  if (scope !== 'cluster' && options.confirm !== undefined) throw usageError('--confirm is for --scope cluster', 'leave it out');
  return { scope, ...(node === null ? {} : { node }), ...said(options) };
}

/** What the upgrade does once it has said yes. */
function answerOf(name: string | null, status: UpgradeStatus): string {
  const later = status.pause === null ? '' : ' once the upgrade is resumed';
  if (name === null) return `The upgraded workers go back, the newest first${later}; no further one is upgraded, and the control plane stays at ${status.to}`;
  const { state, from } = requireNode(status, name);
  return `${name} goes back to ${from}${state === 'held' ? '' : later}`;
}
