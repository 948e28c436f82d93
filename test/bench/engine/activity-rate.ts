import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { runActivities } from './rate-workflow.ts';

const WORKFLOWS = 100;
const ACTIVITIES_EACH = 20;
const TASK_QUEUE = 'bench-rate';

/**
 * Activities a second that server and machine can do without any of our code: 100 workflows at once, each running
 * instant activities one after the other, on a worker with the numbers of ours.
 */
export async function measureActivityRate(address: string): Promise<number> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'WARN' } } });
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
  const workflowsPath = fileURLToPath(new URL('rate-workflow.ts', import.meta.url));
  const worker = await Worker.create({
    connection, taskQueue: TASK_QUEUE, workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
    activities: { nothing: async () => undefined },
    maxConcurrentActivityTaskExecutions: 100, maxConcurrentWorkflowTaskExecutions: 40, maxCachedWorkflows: 200, reuseV8Context: true,
  });
  try {
    return await worker.runUntil(async () => {
      const client = new Client({ connection: clientConnection });
      const run = (name: string, count: number): Promise<void> =>
        client.workflow.execute<typeof runActivities>('runActivities', { taskQueue: TASK_QUEUE, workflowId: `bench-rate/${name}`, args: [count] });
      await Promise.all(Array.from({ length: 10 }, (_, at) => run(`warm-up-${at}`, 3)));
      const startMs = performance.now();
      await Promise.all(Array.from({ length: WORKFLOWS }, (_, at) => run(String(at), ACTIVITIES_EACH)));
      return (WORKFLOWS * ACTIVITIES_EACH * 1000) / (performance.now() - startMs);
    });
  } finally {
    await connection.close();
    await clientConnection.close();
  }
}
