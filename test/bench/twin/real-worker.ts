/** The worker as it always is, in a process of its own that ends with its parent. Configured by the environment. */
import { runWorker } from '../../../worker/main.ts';

process.on('disconnect', () => process.exit(1));
await runWorker();
process.exit(0);
