/**
 * The worker that is measured, in a process of its own so that its memory is its own:
 * `worker-process.ts ADDRESS TASK_QUEUE BUNDLE NODE_SECONDS`. It ends with its parent.
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { readConfiguration } from '../../../worker/config.ts';
import { connect, createWorker } from '../../../worker/create-worker.ts';
import { createCounter } from './count-steps.ts';
import { instantActivities } from './instant-activities.ts';
import { stepTimes } from './timed-clusters.ts';
import type { Order } from './worker-messages.ts';

const [address, taskQueue, bundlePath, nodeSeconds] = process.argv.slice(2);
if (address === undefined || taskQueue === undefined || bundlePath === undefined) throw new Error('Name the address, the task queue and the workflow bundle.');

Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'WARN' } } });
const configuration = readConfiguration({ ...process.env, CAPSTAN_TEMPORAL_ADDRESS: address, CAPSTAN_TASK_QUEUE: taskQueue });
const connection = await connect(configuration.temporal);
const counter = createCounter();
const wait = stepTimes(Number(nodeSeconds ?? 0));
const activities = instantActivities(async (call) => {
  counter.begin(call);
  await wait(call);
  counter.end(call);
});
const worker = await createWorker(configuration, { connection, activities, bundlePath });

process.on('message', (order: Order) => {
  if (order === 'stop') worker.shutdown();
  if (order === 'count') process.send?.(counter.counts());
  if (order === 'reset') counter.reset();
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');
await worker.run();
await connection.close();
process.exit(0);
