import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOf, findingsTable } from '../render/findings.ts';
import { isForMachines, printData } from '../render/output.ts';
import { placed, readSpecFile } from '../spec-file.ts';
import type { PlanOptions } from './plan.ts';

/** Runs the checks that `start` runs, and changes nothing. Exit code 3 where one blocks, 2 where one warns. */
export async function preflight(context: CommandContext, { file, output, ignore = [] }: PlanOptions): Promise<ExitCode> {
  const { terminal } = context;
  const specFile = await readSpecFile(context, file, ignore);
  const { plan, findings } = await withClient(context, (client) =>
    placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'preflight' }, terminal.say)));
  if (plan?.changes === false && !isForMachines(output)) terminal.say(`${plan.cluster} is at ${plan.to} already: nothing to do`);
  await printData(terminal, output, findings, (isWide) => findingsTable(findings, { colour: terminal.colour, columns: isWide ? null : terminal.columns() }));
  return exitCodeOf(findings);
}
