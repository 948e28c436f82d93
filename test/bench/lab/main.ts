/** `npm run bench -- lab`: real programs on the real lab, each on a lab that was made for it. */
import { freshLab } from '../../lab/fresh.ts';
import { defaultOptions, planLab } from '../../lab/plan.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { ansibleContender } from './ansible.ts';
import { capstanContender } from './capstan.ts';
import { CONTENDERS } from './contender.ts';
import type { Contender, ContenderName, LabRun } from './contender.ts';
import { figuresOf } from './figures.ts';
import { keepRun, readKeptRun } from './kept-runs.ts';
import { measure } from './measure.ts';
import { runbookContender } from './runbook.ts';

const PROGRAMS: Readonly<Record<ContenderName, Contender>> = { capstan: capstanContender, runbook: runbookContender, ansible: ansibleContender };

/**
 * Measures the contenders that `--only` names (all by default), and compares them with the last run of the others on
 * this machine, with its date and commit. Each takes about fifteen minutes, and the lab that is up is taken down.
 */
export async function benchLab({ only, say }: BenchSetting): Promise<readonly Figure[]> {
  const wanted = readOnly(only);
  const runs: LabRun[] = [];
  for (const contender of CONTENDERS) {
    const run = wanted.includes(contender) ? await measured(contender, say) : await readKeptRun(contender);
    if (run === null) continue;
    say(`${contender}: ${run.startedAt}, commit ${run.commit}, load ${run.load.toFixed(1)}${wanted.includes(contender) ? '' : ' (kept)'}`);
    runs.push(run);
  }
  const controlPlanes = planLab(defaultOptions).nodes.filter((node) => node.role === 'control-plane').map((node) => node.name);
  return figuresOf(runs, controlPlanes);
}

async function measured(name: ContenderName, say: (line: string) => void): Promise<LabRun> {
  const lab = await freshLab();
  const run = await measure(name, PROGRAMS[name], lab, say);
  say(`${name}: ${Math.round(run.wallSeconds)} s; kept in ${await keepRun(run)}`);
  return run;
}

/** @throws Error that lists the contenders where one is unknown. */
export function readOnly(only: readonly string[]): readonly ContenderName[] {
  if (only.length === 0) return CONTENDERS;
  const unknown = only.find((name) => !CONTENDERS.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: name some of ${CONTENDERS.join(', ')}, with commas between them.`);
  return CONTENDERS.filter((name) => only.includes(name));
}
