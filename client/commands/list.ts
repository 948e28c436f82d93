import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { isForMachines, printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { table } from '../render/table.ts';
import { elapsed, timeOf } from '../render/text.ts';
import type { UpgradeSummary } from '../temporal/port.ts';

export interface ListOptions {
  readonly output: Format;
  readonly limit: number;
}

export async function list(context: CommandContext, { output, limit }: ListOptions): Promise<ExitCode> {
  const { terminal } = context;
  const upgrades = await withClient(context, (client) => client.list(limit));
  if (upgrades.length === 0 && !isForMachines(output)) {
    terminal.say('No upgrade is known. Start one with: capstan start -f FILE');
    return EXIT.ok;
  }
  await printData(terminal, output, upgrades, (isWide) => table(
    ['CLUSTER', 'STATE', 'PHASE', 'TARGET', 'STARTED', 'TOOK', 'BY', ...(isWide ? ['ENDED'] : [])],
    upgrades.map((upgrade) => row(upgrade, isWide, terminal.now())),
    { colour: terminal.colour, columns: isWide ? null : terminal.columns() },
  ));
  return EXIT.ok;
}

function row(upgrade: UpgradeSummary, isWide: boolean, nowMs: number): readonly string[] {
  const { cluster, state, phase, target, startedAt, endedAt, startedBy } = upgrade;
  const took = elapsed((endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt));
  return [cluster, state, phase ?? '', target ?? '', timeOf(startedAt), took, startedBy ?? '', ...(isWide ? [endedAt === null ? '' : timeOf(endedAt)] : [])];
}
