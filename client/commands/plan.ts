import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../command-error.ts';
import { printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { findingsTable } from '../render/findings.ts';
import { planTable } from '../render/plan.ts';
import { placed, readSpecFile } from '../spec-file.ts';
import type { SpecFile } from '../spec-file.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { InspectClusterResult } from '../../workflows/messages.ts';

export interface PlanOptions {
  readonly file: string;
  readonly output: Format;
  /** Folder of `kubectl get -o json` files, instead of the cluster. */
  readonly dump?: string;
  /** `CHECK` or `CHECK@NODE`, each. */
  readonly ignore?: readonly string[];
}

/** Shows what an upgrade would do now. Exit code 2 where it would change anything. */
export async function plan(context: CommandContext, { file, output, dump, ignore = [] }: PlanOptions): Promise<ExitCode> {
  const { terminal } = context;
  const specFile = await readSpecFile(context, file, ignore);
  const made = dump === undefined ? await planOfCluster(context, specFile) : await planOfDump(specFile, dump);
  await printData(terminal, output, made, (isWide) => planTable(made, isWide, { colour: terminal.colour, columns: isWide ? null : terminal.columns() }));
  return made.changes ? EXIT.attention : EXIT.ok;
}

async function planOfCluster(context: CommandContext, specFile: SpecFile): Promise<UpgradePlan> {
  const result = await withClient(context, (client) =>
    placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'plan' }, context.terminal.say)));
  const made = requirePlan(context, result);
  sayWrong(context, result.findings);
  return made;
}

/** Drains that would not end: words, not data. */
function sayWrong({ terminal }: CommandContext, findings: readonly Finding[]): void {
  const wrong = findings.filter(({ severity }) => severity !== 'info');
  if (wrong.length > 0) terminal.say(findingsTable(wrong, { colour: terminal.colour, columns: null }));
}

async function planOfDump(specFile: SpecFile, folder: string): Promise<UpgradePlan> {
  const { readDump } = await import('../dump.ts');
  return placed(specFile, async () => (await readDump(specFile.spec, folder)).plan);
}

/** The plan of an inspection; where there is none, the findings that say why go to stderr. */
export function requirePlan({ terminal }: CommandContext, { plan: made, findings }: InspectClusterResult): UpgradePlan {
  if (made !== null) return made;
  terminal.say(findingsTable(findings, { colour: false, columns: null }));
  throw new CommandError('the cluster could not be read, so there is no plan', { next: 'run `capstan doctor -f FILE`' });
}
