import { createCordonNode } from './cordon-node.ts';
import { createDrainNode } from './drain-node.ts';
import { createUncordonNode } from './uncordon-node.ts';
import { createWaitNodeReady } from './wait-node-ready.ts';
import type { WaitNodeReadyOptions } from './wait-node-ready.ts';

/** Activities that change or await one node through the API. */
export function createNodeActivities(options: WaitNodeReadyOptions) {
  return {
    cordonNode: createCordonNode(options),
    drainNode: createDrainNode(options),
    waitNodeReady: createWaitNodeReady(options),
    uncordonNode: createUncordonNode(options),
  };
}
