/**
 * The worker of a fault run, in a process of its own that can be killed. It is the real one, but for three limits that would only
 * make a held node take minutes, and a clock that can be set off by a message. Configured by the environment.
 */
import { flushCompileCache } from 'node:module';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { workflowBundlePath } from '../../../worker/bundle.ts';
import { processConfiguration } from '../../../worker/config.ts';
import { connect, createWorker } from '../../../worker/create-worker.ts';
import { openActivities } from './activities.ts';
import type { WorkerOrder } from './worker-process.ts';

process.on('disconnect', () => process.exit(1));
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
const configuration = processConfiguration();
const [bundlePath, connection] = await Promise.all([workflowBundlePath(configuration.places.cache), connect(configuration.temporal)]);
let offMs = 0;
const opened = openActivities(configuration.stateFolder, () => Date.now() + offMs);
const worker = await createWorker(configuration, { connection, activities: opened.activities, bundlePath });
process.on('message', (order: WorkerOrder) => { offMs = order.offMs; });
process.send?.('ready');
// Written at the end of a process, which most workers of a fault run never see.
flushCompileCache();
await worker.run();
opened.close();
await connection.close();
process.exit(0);
