import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { told } from '../worker-errors.ts';

/** Runs a worker in this process until it is told to end. Where Temporal is away it waits, and says so. */
export async function worker({ takeSignals }: CommandContext): Promise<ExitCode> {
  takeSignals();
  await told(async () => (await import('../../worker/main.ts')).runWorker());
  return EXIT.ok;
}
