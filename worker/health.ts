/** Exit code 0 where a worker of this machine polls the task queue: the health check of a container. */
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { processConfiguration, tlsOptions } from './config.ts';

// A poll takes up to a minute, and a busy worker may leave one out.
const RECENT_MS = 130_000;
// temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
const ACTIVITY_QUEUE = 2;

const { temporal, taskQueue } = processConfiguration();
try {
  const connection = await Connection.connect({
    address: temporal.address, connectTimeout: 5_000, tls: temporal.tls === null ? false : await tlsOptions(temporal.tls),
    ...(temporal.apiKey === null ? {} : { apiKey: temporal.apiKey }),
  });
  const { pollers } = await connection.workflowService.describeTaskQueue({ namespace: temporal.namespace, taskQueue: { name: taskQueue }, taskQueueType: ACTIVITY_QUEUE });
  const own = (pollers ?? []).filter(({ identity, lastAccessTime }) => identity?.endsWith(`@${hostname()}`) === true && Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < RECENT_MS);
  await connection.close();
  if (own.length === 0) throw new Error(`no worker of ${hostname()} polls the task queue ${taskQueue}`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
