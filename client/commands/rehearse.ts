import type { RehearsalOptions, RehearsalReport } from '../../simulator/rehearse/main.ts';
import { CommandError } from '../command-error.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { explained, readDump } from '../dump.ts';
import type { PlanSource } from '../dump.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { isForMachines, printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { rehearsalText } from '../render/rehearsal.ts';
import { count } from '../render/text.ts';
import { placed, readSpecFile } from '../spec-file.ts';
import type { SpecFile } from '../spec-file.ts';
import { requirePlan } from './plan.ts';

export interface RehearseCommandOptions {
  readonly file: string;
  /** Folder of `kubectl get -o json` files, instead of the cluster. */
  readonly dump?: string;
  /** Report of an earlier upgrade, for the times of steps. */
  readonly report?: string;
  readonly seed: number;
  readonly runs?: number;
  readonly output: Format;
}

/** A long rehearsal says how far it is this often. */
const TELL_MS = 5_000;

/** Runs the upgrade on a twin of the cluster and says what would happen. Exit code 2 where a drain would not end. */
export async function rehearse(context: CommandContext, options: RehearseCommandOptions): Promise<ExitCode> {
  const { terminal } = context;
  const specFile = await readSpecFile(context, options.file);
  const { plan, dump } = options.dump === undefined ? await fromCluster(context, specFile) : await fromDump(specFile, options.dump);
  if (!plan.changes) {
    terminal.say(`${plan.cluster} is at ${plan.to} already: there is nothing to rehearse`);
    if (isForMachines(options.output)) await printData(terminal, options.output, null, () => '');
    return EXIT.ok;
  }
  if (dump === null) throw new CommandError('the worker did not describe the cluster', { next: 'run a worker of this version, or rehearse from files with --dump DIR' });
  const report = await run(context, { spec: specFile.spec, plan, dump, source: options.dump === undefined ? 'cluster' : 'dump' }, options);
  await printData(terminal, options.output, report, (isWide) => rehearsalText(report, isWide, { colour: terminal.colour, columns: isWide ? null : terminal.columns() }));
  return report.outcome === 'held' ? EXIT.attention : EXIT.ok;
}

async function fromCluster(context: CommandContext, specFile: SpecFile): Promise<PlanSource> {
  const result = await withClient(context, (client) =>
    placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'rehearse' }, context.terminal.say)));
  return { plan: requirePlan(context, result), dump: result.dump ?? null };
}

async function fromDump(specFile: SpecFile, folder: string): Promise<PlanSource> {
  return placed(specFile, () => readDump(specFile.spec, folder));
}

async function run({ terminal }: CommandContext, source: Pick<RehearsalOptions, 'spec' | 'plan' | 'dump' | 'source'>, { seed, runs, report }: RehearseCommandOptions): Promise<RehearsalReport> {
  const { rehearseCluster } = await import('../../simulator/rehearse/main.ts');
  let toldMs = terminal.now();
  return explained(() => rehearseCluster({
    ...source, seed, ...(runs === undefined ? {} : { runs }), ...(report === undefined ? {} : { reportFile: report }),
    onRun: (done, of) => {
      if (done === of || terminal.now() - toldMs < TELL_MS) return;
      toldMs = terminal.now();
      terminal.say(`${done} of ${count(of, 'upgrade')} rehearsed …`);
    },
  }));
}
