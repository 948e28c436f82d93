import { createCordonNode } from './cordon-node.ts';
import { createDrainNode } from './drain-node.ts';
import { createObserveDrains } from './observe-drains.ts';
import { createTaintActivities } from './taint-nodes.ts';
import { createUncordonNode } from './uncordon-node.ts';
import { createWaitNodeReady } from './wait-node-ready.ts';
import type { WaitNodeReadyOptions } from './wait-node-ready.ts';

/** Activities that change, await or look at nodes through the API. */
export function createNodeActivities(options: WaitNodeReadyOptions) {
  return {
    cordonNode: createCordonNode(options),
    drainNode: createDrainNode(options),
    waitNodeReady: createWaitNodeReady(options),
    uncordonNode: createUncordonNode(options),
    observeDrains: createObserveDrains(options),
    ...createTaintActivities(options),
  };
}
