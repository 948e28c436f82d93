import type { ClusterRunner } from './cluster-run.ts';
import type { PlannedNode } from './domain/plan.ts';
import { stageHeldNode } from './hold.ts';
import { fillSlots } from './slots.ts';

/**
 * Brings packages and images of the target to every node that changes, before the first cordon,
 * so that no node is down while something is downloaded. Its width is its own: staging takes nothing from the cluster.
 */
export async function stageNodes(run: ClusterRunner): Promise<void> {
  const nodes = run.state.plan.nodes.filter((node) => node.changes && !run.node(node.name).staged);
  const isHeld = ({ name }: PlannedNode): boolean => run.node(name).state === 'held';
  const resumed = nodes.filter(isHeld);
  const pending = nodes.filter((node) => run.node(node.name).state === 'pending');
  let started = 0;
  let under = resumed.length;
  await fillSlots(run, {
    resumed,
    isEmpty: () => started >= pending.length,
    next: () => {
      if (under >= run.spec.staging.width) return null;
      const node = pending[started];
      if (node === undefined) return null;
      started += 1;
      under += 1;
      return node;
    },
    body: async (node) => {
      try {
        await stageHeldNode(run, node);
      } finally {
        under -= 1;
      }
    },
    askAgainMs: () => null,
  });
}
