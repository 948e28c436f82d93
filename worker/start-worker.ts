import { Runtime } from '@temporalio/worker';
import type { Logger } from '@temporalio/worker';
import { workflowBundlePath } from './bundle.ts';
import { compose } from './compose.ts';
import type { Configuration } from './config.ts';
import { connect, createWorker } from './create-worker.ts';
import { temporalIdentity } from './temporal/identity.ts';

export interface RunningWorker {
  /** Resolves when the worker has ended; rejects where it failed. */
  readonly ended: Promise<void>;
  /** Asks it to end: no new tasks, activities are told to leave. */
  readonly stop: () => void;
}

/** Starts polling, and says where. */
export async function startWorker(configuration: Configuration, logger: Logger): Promise<RunningWorker> {
  // Signals are handled where the process begins, because a development server may have to end after the worker.
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'WARN' } } });
  const [bundlePath, connection] = await Promise.all([workflowBundlePath(configuration.places.cache), connect(configuration.temporal)]);
  const composition = compose(configuration, await temporalIdentity(connection, configuration.temporal.namespace));
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
