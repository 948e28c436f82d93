import { usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { plain } from '../render/text.ts';
import type { UpgradeClient, UpgradeOrigin } from '../temporal/port.ts';
import { whichCluster } from '../which-cluster.ts';
import type { WhichOptions } from '../which-cluster.ts';
import { HOST_STEPS, isLoggedStep } from '../../workflows/domain/host-steps.ts';
import { NODE_STEPS } from '../../workflows/domain/state.ts';
import type { InspectClusterInput, InspectClusterResult } from '../../workflows/messages.ts';

interface Wanted {
  readonly node: string;
  readonly step: string;
}

/**
 * Prints the whole output that a step left on its host. With `-f` the host is reached as that spec says;
 * otherwise as the spec says that the upgrade was started with.
 */
export async function logs(context: CommandContext, node: string, step: string, options: WhichOptions): Promise<ExitCode> {
  const { terminal } = context;
  if (!isLoggedStep(step)) throw usageError(isNodeStep(step) ? `${step} runs no command on the host, so it has no output` : `there is no step ${step}`, `steps with output are ${Object.keys(HOST_STEPS).join(', ')}`);
  const { log = '' } = await withClient(context, (client) => readLog(context, client, options, { node, step }));
  if (log === '') terminal.say(`${step} left no output on ${node}`);
  // What a pipe gets is untouched; a terminal obeys no host.
  else terminal.out(terminal.isLive ? plain(log) : log);
  return EXIT.ok;
}

async function readLog(context: CommandContext, client: UpgradeClient, options: WhichOptions, wanted: Wanted): Promise<InspectClusterResult> {
  const { say } = context.terminal;
  if (options.file === undefined) {
    const origin = await client.origin(await whichCluster(context, client, options));
    return client.inspect({ spec: origin.spec, what: 'logs', logs: wantedOf(origin, wanted) }, say);
  }
  const { placed, readSpecFile } = await import('../spec-file.ts');
  const specFile = await readSpecFile(context, options.file);
  const origin = await client.origin(specFile.spec.name);
  return placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'logs', logs: wantedOf(origin, wanted) }, say));
}

/** The plan knows where the node is, also where the API is what broke. */
function wantedOf({ id, nodes }: UpgradeOrigin, { node, step }: Wanted): NonNullable<InspectClusterInput['logs']> {
  const planned = nodes.find(({ name }) => name === node);
  return { upgrade: id, node, step, ...(planned === undefined ? {} : { host: { address: planned.address, port: planned.port } }) };
}

function isNodeStep(step: string): boolean {
  return NODE_STEPS.some((known) => known === step);
}
