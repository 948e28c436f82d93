/** A worker for each planted bug, on a queue of the bug's own, all in one process. Configured by the environment. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { workflowBundlePath } from '../../../worker/bundle.ts';
import { processConfiguration } from '../../../worker/config.ts';
import { connect, createWorker } from '../../../worker/create-worker.ts';
import { openActivities } from '../engine/activities.ts';
import { INVARIANT_NAMES } from '../invariants/invariants.ts';
import { PLANTS } from './plants.ts';

process.on('disconnect', () => process.exit(1));
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
const configuration = processConfiguration();
const [bundlePath, connection] = await Promise.all([workflowBundlePath(configuration.places.cache), connect(configuration.temporal)]);
const workers = await Promise.all(INVARIANT_NAMES.map((name) => {
  const plant = PLANTS[name];
  const { activities, ports } = openActivities(configuration.stateFolder, Date.now, plant.ports);
  const planted = { ...activities, ...plant.activities?.(activities, ports) };
  return createWorker({ ...configuration, taskQueue: `planted-${name}` }, { connection, activities: planted, bundlePath });
}));
process.send?.('ready');
await Promise.all(workers.map((worker) => worker.run()));
