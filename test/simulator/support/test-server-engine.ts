import { Client } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE, upgradeWorkflowId, WORKFLOW } from '../../../workflows/messages.ts';
import { startUpgrade } from '../../../client/temporal/start-locked.ts';
import { temporalSettings } from '../../../client/temporal/settings.ts';
import type { TemporalSettings } from '../../../client/temporal/settings.ts';
import type { inspectCluster } from '../../../workflows/inspect-cluster.ts';
import type { upgradeCluster } from '../../../workflows/upgrade-cluster.ts';
import { CONVERTER, timeSkippingEnvironment } from '../../support/temporal.ts';
import type { Engine, Upgrader } from './engine.ts';
import { startWorkerProcess } from './worker-process.ts';

/**
 * The real worker with the SDK's test server, which does the same for a fifth of the processor time of a development server,
 * where only what the worker does to hosts and cluster is looked at. Its time runs as everywhere: nothing here lets it skip.
 */
export async function startTestServerEngine(): Promise<Engine> {
  const server = await timeSkippingEnvironment();
  const worker = await startWorkerProcess(server.address);
  const settings = temporalSettings({ CAPSTAN_TEMPORAL_ADDRESS: server.address }, DEFAULT_TASK_QUEUE);
  return {
    // The environment's own client would skip time while it waits for a result.
    client: upgraderOf(new Client({ connection: server.connection, dataConverter: CONVERTER }), settings),
    folder: worker.folder,
    close: async () => {
      await worker.stop();
      await server.teardown();
    },
  };
}

/** The command line's client asks first who polls: this server cannot tell. */
function upgraderOf(client: Client, settings: TemporalSettings): Upgrader {
  return {
    inspect: (input) => client.workflow.execute<typeof inspectCluster>(WORKFLOW.inspectCluster, {
      taskQueue: settings.taskQueue, workflowId: `inspect/${input.spec.name}/${crypto.randomUUID()}`, args: [input],
    }),
    start: (input) => startUpgrade(client, settings, input),
    ended: (cluster) => client.workflow.getHandle<typeof upgradeCluster>(upgradeWorkflowId(cluster)).result(),
  };
}
