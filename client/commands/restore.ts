import { CommandError, usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { follow } from '../follow.ts';
import { person } from '../person.ts';
import { isForMachines, printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { restoreLine, restoreTable, rollbackLine } from '../render/restore.ts';
import { timeOf } from '../render/text.ts';
import { placed, readSpecFile } from '../spec-file.ts';
import type { UpgradeClient, UpgradeSummary } from '../temporal/port.ts';
import { confirmedOf } from '../../workflows/domain/restore-confirmed.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { InspectClusterResult } from '../../workflows/messages.ts';

export interface RestoreOptions {
  readonly file: string;
  /** Path on the worker's machine, or id of an upgrade; without it the newest of the cluster. */
  readonly snapshot?: string;
  readonly confirm?: string;
  readonly reason?: string;
  /** Follows the restore to its outcome. */
  readonly wait: boolean;
  readonly output: Format;
}

/** Shows what a restore of a whole cluster would do and what it would lose; confirmed by the cluster's name, starts it. */
export async function restore(context: CommandContext, options: RestoreOptions): Promise<ExitCode> {
  const { terminal, onInterrupt } = context;
  const { file, snapshot, confirm, reason, output, wait } = options;
  const specFile = await readSpecFile(context, file);
  const { spec } = specFile;
  onInterrupt('Nothing was started.');
  return withClient(context, async (client) => {
    refuseBeside(await client.find(spec.name), reason);
    const plan = requireRestore(await placed(specFile, () => client.inspect({ spec, what: 'restore', ...(snapshot === undefined ? {} : { snapshot }) }, terminal.say)));
    await printData(terminal, output, plan, () => tableOf(context, plan));
    requireConfirm(confirm, spec.name, restoreLine(file, snapshot ?? plan.upgrade, spec.name, reason));
    refuseBeside(await client.restore({ spec, plan: confirmedOf(plan), by: person(), reason: reason ?? '' }), reason);
    onInterrupt(`The restore of ${spec.name} goes on. Attach again with: capstan watch --cluster ${spec.name}`);
    tellStarted(context, client, spec.name, output);
    return wait ? follow(context, client, spec.name) : EXIT.ok;
  });
}

/** What a restore would do, as people read it. */
export function tableOf({ terminal }: CommandContext, plan: RestorePlan): string {
  return restoreTable(plan, { colour: terminal.colour, columns: terminal.columns(), nowMs: terminal.now() });
}

export function requireRestore({ restore: plan }: InspectClusterResult): RestorePlan {
  if (plan !== undefined) return plan;
  throw new CommandError('the worker does not know of restores', { next: 'update it: `capstan doctor` shows its version' });
}

/** Only the very name of the cluster begins what loses data. */
export function requireConfirm(confirm: string | undefined, cluster: string, command: string): void {
  if (confirm === cluster) return;
  const what = confirm === undefined ? 'nothing was confirmed, so nothing was started' : `--confirm ${confirm} is not the name of the cluster, so nothing was started`;
  throw usageError(what, `what was written since the snapshot is lost; to begin: ${command}`);
}

/** One upgrade or restore of a cluster at a time; a running upgrade restores its cluster itself. */
function refuseBeside(other: UpgradeSummary | null, reason: string | undefined): void {
  if (other === null || other.endedAt !== null) return;
  const { cluster, startedBy, startedAt, state, phase } = other;
  throw new CommandError(
    `an upgrade or restore of ${cluster} runs already: started by ${startedBy ?? 'somebody'} at ${timeOf(startedAt)}, now ${state}${phase === null ? '' : ` in phase ${phase}`}`,
    { next: `it takes the cluster back itself: ${rollbackLine(cluster, reason)}` },
  );
}

function tellStarted({ terminal }: CommandContext, client: UpgradeClient, cluster: string, output: Format): void {
  const page = client.page(cluster);
  terminal.say(`${isForMachines(output) ? '' : '\n'}The restore of ${cluster} has begun. Follow it with: capstan watch --cluster ${cluster}`);
  if (page !== null) terminal.say(`Web UI: ${page}`);
}
