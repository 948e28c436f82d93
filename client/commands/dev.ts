import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { told } from '../worker-errors.ts';

export interface DevCommandOptions {
  readonly port?: number;
  readonly uiPort?: number;
  /** True keeps the state of Temporal in memory only. */
  readonly ephemeral: boolean;
  /** False starts the server alone. */
  readonly worker: boolean;
}

/** Runs a Temporal server with its Web UI, and a worker, for one machine, until it is told to end. */
export async function dev({ takeSignals }: CommandContext, options: DevCommandOptions): Promise<ExitCode> {
  takeSignals();
  await told(async () => (await import('../../worker/dev.ts')).runDev(options));
  return EXIT.ok;
}
