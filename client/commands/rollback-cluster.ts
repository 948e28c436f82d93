import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { restoreLine, rollbackLine } from '../render/restore.ts';
import type { UpgradeClient, UpgradeSummary } from '../temporal/port.ts';
import { whichCluster } from '../which-cluster.ts';
import { said } from './control.ts';
import { requireConfirm, requireRestore, tableOf } from './restore.ts';
import type { RollbackOptions } from './rollback.ts';

/** Shows what goes back and what is lost; confirmed by the cluster's name, asks the running upgrade to restore its snapshot. */
export async function rollbackCluster(context: CommandContext, options: RollbackOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { confirm, reason, file } = options;
  return withClient(context, async (client) => {
    const cluster = await clusterOf(context, client, options);
    const { id, spec } = await client.origin(cluster);
    refuseEnded(await client.find(cluster), restoreLine(file ?? 'FILE', id, cluster, reason));
    const plan = requireRestore(await client.inspect({ spec, what: 'restore', snapshot: id }, terminal.say));
    terminal.out(`${tableOf(context, plan)}\n`);
    requireConfirm(confirm, cluster, rollbackLine(cluster, reason));
    await client.update(cluster, { kind: 'rollback', message: { scope: 'cluster', confirm: cluster, ...said(options) } });
    terminal.say(`\nThe whole cluster goes back to ${plan.to}: nodes in flight land first, then the control plane is restored. Follow it with: capstan watch --cluster ${cluster}`);
    return EXIT.ok;
  });
}

/** Where none runs, the name that is to be confirmed says which cluster is meant. */
async function clusterOf(context: CommandContext, client: UpgradeClient, { confirm, ...which }: RollbackOptions): Promise<string> {
  const isNamed = which.cluster !== undefined || which.file !== undefined;
  if (!isNamed && confirm !== undefined && (await client.running()).length === 0) return confirm;
  return whichCluster(context, client, which);
}

function refuseEnded(found: UpgradeSummary | null, command: string): void {
  if (found === null || found.endedAt === null) return;
  throw new CommandError(`the upgrade of ${found.cluster} has ended: ${found.state}. Its snapshot is still a way back`, { next: command });
}
