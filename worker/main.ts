import { processConfiguration } from './config.ts';
import { createLogger } from './log.ts';
import { onStopSignal } from './signals.ts';
import { startWorker } from './start-worker.ts';
import type { RunningWorker } from './start-worker.ts';

/**
 * `capstan worker`: polls until SIGINT or SIGTERM, configured by the environment alone (`docs/operations.md` lists the variables).
 * Waits for Temporal where it is away.
 * @throws Error with the next step where the configuration is wrong.
 */
export async function runWorker(): Promise<void> {
  const configuration = processConfiguration();
  const asked = new AbortController();
  let worker: RunningWorker | null = null;
  const forget = onStopSignal(() => {
    asked.abort();
    worker?.stop();
  });
  try {
    worker = await startWorker(configuration, createLogger(configuration.logLevel), asked.signal);
    // Told to end while it came up.
    if (asked.signal.aborted) worker?.stop();
    await worker?.ended;
  } finally {
    forget();
  }
}
