import { CommandError, usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { leftTable } from '../render/left-behind.ts';
import type { UpgradeClient } from '../temporal/port.ts';
import { isNothing } from '../../workflows/domain/left-behind.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { ReleaseClusterResult } from '../../workflows/messages.ts';

export interface ReleaseOptions {
  /** The way to the cluster; without it, that of its last upgrade. */
  readonly file?: string;
  /** Releases without asking. */
  readonly yes: boolean;
  /** False under `--no-input`: nothing is asked. */
  readonly input: boolean;
  /** Why what an upgrade of another Temporal has left is released too. */
  readonly foreign?: string;
}

/** Shows what upgrades have left in a cluster whose workflows are gone, asks, and gives it back. */
export async function release(context: CommandContext, cluster: string | undefined, options: ReleaseOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { file, yes, input } = options;
  if ((cluster === undefined) === (file === undefined)) throw usageError('release wants one of a cluster\'s name and -f FILE', 'a name takes the way to the cluster from its last upgrade, a file from the spec');
  if (!yes && !(input && terminal.canAsk)) throw usageError('nobody can be asked here, so nothing was released', 'add --yes');
  return withClient(context, async (client) => {
    const spec = file === undefined ? (await client.origin(cluster ?? '')).spec : await specOf(context, file);
    const found = await client.release({ spec, apply: false }, terminal.say);
    refuseLiving(found);
    refuseForeign(found, options.foreign);
    if (isNothing(found.left)) {
      terminal.say(`Nothing of ours is left in ${spec.name}`);
      return EXIT.ok;
    }
    terminal.out(`${leftTable(found.left, { colour: terminal.colour, columns: terminal.columns() })}\n`);
    if (!yes && (await terminal.ask(`\nRelease this in ${spec.name}? A person's own cordons stay. Only "yes" does it: `)).trim() !== 'yes') {
      terminal.say('Nothing was released.');
      return EXIT.error;
    }
    return releaseFound(context, client, spec, options.foreign);
  });
}

async function releaseFound({ terminal }: CommandContext, client: UpgradeClient, spec: UpgradeSpec, foreign: string | undefined): Promise<ExitCode> {
  const done = await client.release({ spec, apply: true, ...(foreign === undefined ? {} : { foreign }) }, terminal.say);
  refuseLiving(done);
  refuseForeign(done, foreign);
  terminal.say(`Released. Nodes may be between two versions: look with \`capstan plan\`, which shows what is left to upgrade.`);
  return EXIT.ok;
}

async function specOf(context: CommandContext, file: string): Promise<UpgradeSpec> {
  const { readSpecFile } = await import('../spec-file.ts');
  return (await readSpecFile(context, file)).spec;
}

/** What a running workflow owns it gives back itself. */
function refuseLiving({ owners, left }: ReleaseClusterResult): void {
  const [first] = owners;
  if (first === undefined) return;
  const cluster = first.split('/')[1] ?? '';
  const count = left.nodes.length;
  throw new CommandError(`${owners.join(', ')} still ${owners.length === 1 ? 'runs' : 'run'} and may own what is left on ${count} ${count === 1 ? 'node' : 'nodes'}: nothing was released`, {
    next: `see \`capstan status --cluster ${cluster}\`; an upgrade gives back what is its own when it ends`,
  });
}

/** Its workflow may run on, where nobody can ask from here. */
function refuseForeign({ foreign, left: { temporal } }: ReleaseClusterResult, reason: string | undefined): void {
  if (foreign.length === 0 || (reason ?? '').trim() !== '') return;
  throw new CommandError(`what is left is of an upgrade of another Temporal (${foreign.join(', ')}; this one is ${temporal ?? 'not known'}), which may still run it: nothing was released`, {
    next: 'run the command where that Temporal is; where it is gone for good: `--foreign REASON`',
  });
}
