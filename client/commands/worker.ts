import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { CONNECT_TIMEOUT_MS, connectionProblem } from '../temporal/reachable.ts';
import { unreachable } from '../temporal/service-errors.ts';
import { DEFAULT_ADDRESS } from '../temporal/settings.ts';
import { told } from '../worker-errors.ts';

/** Runs a worker in this process until it is told to end. Exit code 75 where Temporal does not answer when it starts. */
export async function worker({ environment, takeSignals }: CommandContext): Promise<ExitCode> {
  const address = environment['CAPSTAN_TEMPORAL_ADDRESS'] || DEFAULT_ADDRESS;
  const problem = await connectionProblem(address, CONNECT_TIMEOUT_MS, environment);
  if (problem !== null) throw unreachable({ address }, problem);
  takeSignals();
  await told(async () => (await import('../../worker/main.ts')).runWorker());
  return EXIT.ok;
}
