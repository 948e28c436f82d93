/** The worker without staging: what a node is spared by it is fetched while the node is down. Otherwise as `real-worker.ts`. */
import { workflowBundlePath } from '../../../worker/bundle.ts';
import { compose } from '../../../worker/compose.ts';
import { processConfiguration } from '../../../worker/config.ts';
import { connect, createWorker } from '../../../worker/create-worker.ts';
import { onStopSignal } from '../../../worker/signals.ts';
import type { StepResult } from '../../../workflows/domain/step.ts';

process.on('disconnect', () => process.exit(1));
const configuration = processConfiguration();
const [bundlePath, connection] = await Promise.all([workflowBundlePath(configuration.places.cache), connect(configuration.temporal)]);
const { activities, close } = compose(configuration, null);
const stageNode = async (): Promise<StepResult> => ({ startedAt: new Date().toISOString(), seconds: 0, busySeconds: 0, attempt: 1, changed: false, note: 'left out' });
const worker = await createWorker(configuration, { connection, activities: { ...activities, stageNode }, bundlePath });
onStopSignal(() => { if (worker.getState() === 'RUNNING') worker.shutdown(); });
await worker.run();
close();
await connection.close();
process.exit(0);
