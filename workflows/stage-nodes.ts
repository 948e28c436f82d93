import { workflowInfo } from '@temporalio/workflow';
import type { ClusterRunner } from './cluster-run.ts';
import { stageHeldNode } from './hold.ts';
import { inWindow } from './window.ts';

// Staging only downloads: wide enough to be quick, narrow enough for a package mirror.
const STAGING_WIDTH = 20;

/**
 * Brings packages and images of the target to every node that changes, before the first cordon,
 * so that no node is down while something is downloaded.
 */
export async function stageNodes(run: ClusterRunner): Promise<void> {
  const nodes = run.state.plan.nodes.filter((node) => node.changes && !run.node(node.name).staged);
  await inWindow(nodes, { width: STAGING_WIDTH, mayStart: () => true }, async (node) => {
    // The rest is staged in the next run of this workflow.
    if (!workflowInfo().continueAsNewSuggested) await stageHeldNode(run, node);
  });
}
