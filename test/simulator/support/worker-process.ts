import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../../worker/guarded-child.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../../simulator/demo/worker.ts', import.meta.url));

/** The real worker, which polls, in a process and a folder of its own. */
export interface WorkerProcess {
  readonly folder: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startWorkerProcess(address: string): Promise<WorkerProcess> {
  const folder = await mkdtemp(join(scratchFolder(), 'capstan-twins-'));
  const log = join(folder, 'worker.log');
  const output = openSync(log, 'w', 0o600);
  const worker = spawnGuarded(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], output, {
    ...process.env, NODE_TEST_CONTEXT: '', CAPSTAN_TEMPORAL_ADDRESS: address, CAPSTAN_STATE_DIR: join(folder, 'worker'), CAPSTAN_CONCURRENCY: '400',
  });
  closeSync(output);
  const exited = new Promise<void>((resolve) => { worker.once('exit', () => resolve()); });
  await until('the worker polls', async () => (await readFile(log, 'utf8')).includes('Worker is polling'));
  return {
    folder,
    stop: async () => {
      worker.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
