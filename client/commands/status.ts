import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { isForMachines, printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { statusTable } from '../render/status.ts';
import type { StatusView } from '../render/status.ts';
import type { UpgradeClient } from '../temporal/port.ts';
import { whichCluster } from '../which-cluster.ts';
import type { WhichOptions } from '../which-cluster.ts';

export interface StatusOptions extends WhichOptions {
  readonly output: Format;
}

/** Shows an upgrade as it is now. Ends with 0 whatever the upgrade's state. */
export async function status(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const { terminal } = context;
  const isMachine = isForMachines(options.output);
  return withClient(context, async (client) => {
    const cluster = await whichCluster(context, client, options);
    const [seen, pausedInTemporal] = await Promise.all([readView(client, cluster), client.pauses(cluster)]);
    const view = pausedInTemporal.length === 0 ? seen : { ...seen, pausedInTemporal };
    await printData(terminal, options.output, view, (isWide) => statusTable(view, {
      isWide, colour: terminal.colour, columns: isWide ? null : terminal.columns(), nowMs: terminal.now(),
    }));
    const page = client.page(cluster);
    if (!isMachine && page !== null) terminal.say(`\nWeb UI: ${page}`);
    return EXIT.ok;
  });
}

export async function readView(client: UpgradeClient, cluster: string, first?: string): Promise<StatusView> {
  const [answer, activities] = await Promise.all([client.status(cluster, first), client.activities(cluster)]);
  return { ...answer, activities };
}
