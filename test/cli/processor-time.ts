import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LAUNCHER } from './spawn.ts';

const RECORDER = new URL('processor-time.mjs', import.meta.url).href;
const ROUNDS = 3;

/** Arguments of a Node that does nothing, and of the program. */
export const BARE_NODE = ['-e', '0'] as const;
export const capstanArgs = (...args: readonly string[]): readonly string[] => [LAUNCHER, ...args];

/**
 * Least seconds of processor time of each command in three rounds of all. The clock would tell how busy the machine is: a short
 * command now and then finds a core free, a long one never does.
 */
export async function processorTimes(commands: readonly (readonly string[])[], environment: Readonly<Record<string, string>> = {}): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-processor-'));
  const file = join(folder, 'seconds');
  const least = commands.map(() => Number.POSITIVE_INFINITY);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, args] of commands.entries()) {
        await promisify(execFile)(process.execPath, ['--import', RECORDER, ...args], { env: { ...process.env, NODE_TEST_CONTEXT: '', ...environment, PROCESSOR_TIME: file } });
        least[index] = Math.min(least[index] ?? 0, Number(await readFile(file, 'utf8')));
        await rm(file);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return least;
}
