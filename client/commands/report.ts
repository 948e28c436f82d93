import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { printData } from '../render/output.ts';
import { reportTable } from '../render/report.ts';
import { whichCluster } from '../which-cluster.ts';
import type { StatusOptions } from './status.ts';

/** Shows what each step took, of an upgrade that runs or has ended. */
export async function report(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const { terminal } = context;
  const answer = await withClient(context, async (client) => client.report(await whichCluster(context, client, options)));
  await printData(terminal, options.output, answer, (isWide) =>
    reportTable(answer, isWide, { colour: terminal.colour, columns: isWide ? null : terminal.columns() }));
  return EXIT.ok;
}
