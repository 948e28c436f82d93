/** The worker of a demo: the real one, in a process of its own, configured by the environment as anywhere else. */
import { runWorker } from '../../worker/main.ts';

await runWorker();
