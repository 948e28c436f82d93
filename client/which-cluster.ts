import { CommandError, usageError } from './command-error.ts';
import type { CommandContext } from './context.ts';
import type { UpgradeClient } from './temporal/port.ts';

/** How commands about a run are told which; both absent means the one that runs. */
export interface WhichOptions {
  readonly file?: string;
  readonly cluster?: string;
}

/** Name of the cluster that a command is about. Never guesses between two. */
export async function whichCluster(context: CommandContext, client: UpgradeClient, { file, cluster }: WhichOptions): Promise<string> {
  if (cluster !== undefined && file !== undefined) throw usageError('-f and --cluster name the cluster twice', 'give one of them');
  if (cluster !== undefined) return cluster;
  if (file !== undefined) {
    const { readSpecFile } = await import('./spec-file.ts');
    return (await readSpecFile(context, file)).spec.name;
  }
  const running = await client.running();
  const [only] = running;
  if (only === undefined) {
    throw new CommandError('no upgrade runs', { next: 'name one that has ended with --cluster NAME (`capstan list` shows them), or start one with `capstan start -f FILE`' });
  }
  if (running.length > 1) throw usageError(`${running.length} upgrades run: ${running.join(', ')}`, 'name one with --cluster NAME or -f FILE');
  return only;
}
