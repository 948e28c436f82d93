import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { ApplicationFailure } from '@temporalio/workflow';
import { api, inspect } from './activity-options.ts';
import { foreignTemporals, isNothing, possibleOwners } from './domain/left-behind.ts';
import type { LeftBehind } from './domain/left-behind.ts';
import { workflowFailure } from './failures.ts';
import { probeSignal } from './messages.ts';
import type { ReleaseClusterInput, ReleaseClusterResult } from './messages.ts';

/**
 * Gives back what upgrades have left in a cluster: their cordons, taints and the lock. Only where no workflow lives any more
 * that may own them, and never a person's cordon. What another Temporal runs cannot be asked about here: that is left unless
 * a person gives a reason for it (`foreign`). Without `apply` it only looks.
 */
export async function releaseCluster({ spec, apply, foreign: reason = '' }: ReleaseClusterInput): Promise<ReleaseClusterResult> {
  const left = await inspect.findLeft.executeWithOptions({ summary: 'Look for cordons, taints and locks of ours' }, [{ spec }]);
  const owners = await livingOwners(left);
  const foreign = foreignTemporals(left);
  if (!apply || owners.length > 0 || (foreign.length > 0 && reason === '') || isNothing(left)) return { left, owners, foreign, released: false };
  const summary = foreign.length === 0 ? 'Release what was left' : `Release what was left, also of ${foreign.join(', ')}: ${reason}`;
  await api.releaseLeft.executeWithOptions({ summary: summary.slice(0, LONGEST_SUMMARY) }, [{ spec, left }]);
  return { left, owners, foreign, released: true };
}

// Temporal refuses a longer one.
const LONGEST_SUMMARY = 300;

/** Only a workflow that runs can be signalled. Failure `Unexpected` where that could not be found out. */
async function livingOwners(left: LeftBehind): Promise<readonly string[]> {
  const living: string[] = [];
  for (const workflow of possibleOwners(left)) if (await lives(workflow)) living.push(workflow);
  return living;
}

async function lives(workflow: string): Promise<boolean> {
  if (workflow.length > LONGEST_ID) throw unclear(workflow.slice(0, 100), 'no workflow has so long an id');
  try {
    await getExternalWorkflowHandle(workflow).signal(probeSignal);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // It has ended, or this Temporal never knew it.
    if (NOT_FOUND.test(message)) return false;
    throw unclear(workflow, message);
  }
}

function unclear(workflow: string, cause: string): ApplicationFailure {
  return workflowFailure({ type: 'Unexpected', message: `whether ${workflow} still runs could not be found out: ${cause}`, next: 'run the command again; nothing was released' });
}

// A signal to a longer one would not fail, but stop this workflow: what a lock names, whoever may write in the cluster can write.
const LONGEST_ID = 1_000;

// The SDK has no type of its own for it.
const NOT_FOUND = /not found/i;
