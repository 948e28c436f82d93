import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { callWorkerCode } from '../worker-code.ts';

/** Runs a worker in this process until it is told to end. */
export async function worker({ takeSignals }: CommandContext): Promise<ExitCode> {
  takeSignals();
  await callWorkerCode('main', 'runWorker', {});
  return EXIT.ok;
}
