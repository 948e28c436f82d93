import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { api, inspect } from './activity-options.ts';
import { isNothing, possibleOwners } from './domain/left-behind.ts';
import type { LeftBehind } from './domain/left-behind.ts';
import { probeSignal } from './messages.ts';
import type { ReleaseClusterInput, ReleaseClusterResult } from './messages.ts';

/**
 * Gives back what upgrades have left in a cluster: their cordons, taints and the lock. Only where no workflow lives any more
 * that may own them, and never a person's cordon. Without `apply` it only looks.
 */
export async function releaseCluster({ spec, apply }: ReleaseClusterInput): Promise<ReleaseClusterResult> {
  const left = await inspect.findLeft.executeWithOptions({ summary: 'Look for cordons, taints and locks of ours' }, [{ spec }]);
  const owners = await livingOwners(left);
  if (!apply || owners.length > 0 || isNothing(left)) return { left, owners, released: false };
  await api.releaseLeft.executeWithOptions({ summary: 'Release what was left' }, [{ spec, left }]);
  return { left, owners, released: true };
}

/** Only a workflow that runs can be signalled. */
async function livingOwners(left: LeftBehind): Promise<readonly string[]> {
  const living: string[] = [];
  for (const workflow of possibleOwners(left)) {
    try {
      await getExternalWorkflowHandle(workflow).signal(probeSignal);
      living.push(workflow);
    } catch {
      // It has ended, or this Temporal never knew it.
    }
  }
  return living;
}
