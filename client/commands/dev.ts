import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { callWorkerCode } from '../worker-code.ts';

export interface DevOptions {
  readonly port: number;
  readonly uiPort: number;
  /** True keeps the state of Temporal in memory only. */
  readonly ephemeral: boolean;
  /** False starts the server alone. */
  readonly worker: boolean;
}

/** Runs a Temporal server with its Web UI, and a worker, for one machine, until it is told to end. */
export async function dev({ takeSignals }: CommandContext, options: DevOptions): Promise<ExitCode> {
  takeSignals();
  await callWorkerCode('dev', 'runDev', options);
  return EXIT.ok;
}
