import { processConfiguration } from './config.ts';
import { createLogger } from './log.ts';
import { onStopSignal } from './signals.ts';
import { startWorker } from './start-worker.ts';

/**
 * `capstan worker`: polls until SIGINT or SIGTERM, configured by the environment alone (`docs/operations.md` lists the variables).
 * @throws Error with the next step where the configuration is wrong or Temporal does not answer.
 */
export async function runWorker(): Promise<void> {
  const configuration = processConfiguration();
  const worker = await startWorker(configuration, createLogger(configuration.logLevel));
  const forget = onStopSignal(worker.stop);
  try {
    await worker.ended;
  } finally {
    forget();
  }
}
