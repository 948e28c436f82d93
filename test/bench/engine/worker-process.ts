/**
 * The worker that is measured, in a process of its own so that its memory is its own:
 * `worker-process.ts ADDRESS TASK_QUEUE BUNDLE`. It ends with its parent.
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Activities } from '../../../activities/index.ts';
import { readConfiguration } from '../../../worker/config.ts';
import { connect, createWorker } from '../../../worker/create-worker.ts';
import { instantActivities } from './instant-activities.ts';
import type { ActivityCounts, Order } from './worker-messages.ts';

const [address, taskQueue, bundlePath] = process.argv.slice(2);
if (address === undefined || taskQueue === undefined || bundlePath === undefined) throw new Error('Name the address, the task queue and the workflow bundle.');

Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'WARN' } } });
const configuration = readConfiguration({ ...process.env, CAPSTAN_TEMPORAL_ADDRESS: address, CAPSTAN_TASK_QUEUE: taskQueue });
const connection = await connect(configuration.temporal);
const counts = new Map<string, number>();
const perNode = new Map<string, number>();
const activities: Activities = instantActivities(({ step, cluster, node }) => {
  counts.set(step, (counts.get(step) ?? 0) + 1);
  if (node?.startsWith('worker-') !== true) return;
  const key = `${cluster}/${node}`;
  perNode.set(key, (perNode.get(key) ?? 0) + 1);
});
const worker = await createWorker(configuration, { connection, activities, bundlePath });

process.on('message', (order: Order) => {
  if (order === 'stop') worker.shutdown();
  if (order === 'count') process.send?.({ steps: Object.fromEntries(counts), mostPerNode: Math.max(0, ...perNode.values()) } satisfies ActivityCounts);
  if (order === 'reset') {
    counts.clear();
    perNode.clear();
  }
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');
await worker.run();
await connection.close();
process.exit(0);
