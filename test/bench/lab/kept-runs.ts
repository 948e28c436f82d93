import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../lab/cache.ts';
import type { ContenderName, LabRun } from './contender.ts';

/** Runs are kept beside what the lab has built, since a lab and its folder end with every run. */
function pathOf(contender: ContenderName): string {
  return join(cacheFolder(), 'bench', `${contender}.json`);
}

export async function keepRun(run: LabRun): Promise<string> {
  const path = pathOf(run.contender);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(run, null, 1)}\n`);
  return path;
}

/** The contender's last run on this machine, or null. */
export async function readKeptRun(contender: ContenderName): Promise<LabRun | null> {
  const text = await readFile(pathOf(contender), 'utf8').catch(() => null);
  if (text === null) return null;
  const run: LabRun = JSON.parse(text);
  return run;
}
