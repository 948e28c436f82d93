import { Runtime } from '@temporalio/worker';
import type { Logger } from '@temporalio/worker';
import { workflowBundlePath } from './bundle.ts';
import { compose } from './compose.ts';
import type { Configuration } from './config.ts';
import { createWorker } from './create-worker.ts';
import { reachTemporal } from './wait-for-temporal.ts';

export interface RunningWorker {
  /** Resolves when the worker has ended; rejects where it failed. */
  readonly ended: Promise<void>;
  /** Asks it to end: no new tasks, activities are told to leave. */
  readonly stop: () => void;
}

/** Starts polling once Temporal answers, and says where; null where it was told to end before. */
export async function startWorker(configuration: Configuration, logger: Logger, asked: AbortSignal = new AbortController().signal): Promise<RunningWorker | null> {
  // Signals are handled where the process begins, because a development server may have to end after the worker.
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'WARN' } } });
  const [bundlePath, reached] = await Promise.all([workflowBundlePath(configuration.places.cache), reachTemporal(configuration.temporal, logger, asked)]);
  if (reached === null) return null;
  const { connection, identity } = reached;
  const composition = compose(configuration, identity);
  const worker = await createWorker(configuration, { connection, activities: composition.activities, bundlePath });
  const ended = finish();
  const { address, namespace } = configuration.temporal;
  logger.info('Worker is polling', { address, namespace, taskQueue: configuration.taskQueue, ...configuration.version });
  return { ended, stop: () => { if (worker.getState() === 'RUNNING') worker.shutdown(); } };

  async function finish(): Promise<void> {
    try {
      await worker.run();
      logger.info('Worker has ended');
    } finally {
      composition.close();
      await connection.close();
    }
  }
}
