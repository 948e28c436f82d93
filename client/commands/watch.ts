import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { follow } from '../follow.ts';
import { whichCluster } from '../which-cluster.ts';
import type { WhichOptions } from '../which-cluster.ts';

/** Follows an upgrade until it has ended or needs a person. */
export async function watch(context: CommandContext, options: WhichOptions): Promise<ExitCode> {
  return withClient(context, async (client) => follow(context, client, await whichCluster(context, client, options)));
}
