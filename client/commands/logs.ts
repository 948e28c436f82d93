import { usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { plain } from '../render/text.ts';
import type { UpgradeClient } from '../temporal/port.ts';
import { whichCluster } from '../which-cluster.ts';
import type { WhichOptions } from '../which-cluster.ts';
import { NODE_STEPS } from '../../workflows/domain/state.ts';
import type { InspectClusterResult } from '../../workflows/messages.ts';

interface Wanted {
  readonly node: string;
  readonly step: string;
}

/** Steps whose output lies on a host: those of a node, and the snapshot. */
const STEPS: readonly string[] = [...NODE_STEPS, 'snapshotEtcd', 'recordControlPlane', 'kubeadmUpgrade', 'kubeadmUpgradeNode'];

/**
 * Prints the whole output that a step left on its host. With `-f` the host is reached as that spec says;
 * otherwise as the spec says that the upgrade was started with.
 */
export async function logs(context: CommandContext, node: string, step: string, options: WhichOptions): Promise<ExitCode> {
  const { terminal } = context;
  if (!STEPS.includes(step)) throw usageError(`there is no step ${step}`, `steps are ${STEPS.join(', ')}`);
  const { log = '' } = await withClient(context, (client) => readLog(context, client, options, { node, step }));
  if (log === '') terminal.say(`${step} left no output on ${node}`);
  // What a pipe gets is untouched; a terminal obeys no host.
  else terminal.out(terminal.isLive ? plain(log) : log);
  return EXIT.ok;
}

async function readLog(context: CommandContext, client: UpgradeClient, options: WhichOptions, wanted: Wanted): Promise<InspectClusterResult> {
  const { say } = context.terminal;
  if (options.file === undefined) {
    const { id, spec } = await client.origin(await whichCluster(context, client, options));
    return client.inspect({ spec, what: 'logs', logs: { upgrade: id, ...wanted } }, say);
  }
  const { placed, readSpecFile } = await import('../spec-file.ts');
  const specFile = await readSpecFile(context, options.file);
  const { id } = await client.origin(specFile.spec.name);
  return placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'logs', logs: { upgrade: id, ...wanted } }, say));
}
