import { CancellationScope, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import { STATE_OF_STEP } from './domain/state.ts';
import type { NodeStep } from './domain/state.ts';
import { nodeProgressSignal, nodeResultSignal } from './messages.ts';
import type { NodeResult } from './messages.ts';
import type { UpgradeNodeInput } from './upgrade-node.ts';

/** Tells the upgrade which step this node enters. */
export async function tellStep({ upgrade, node }: UpgradeNodeInput, step: NodeStep): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(upgrade.workflowId).signal(nodeProgressSignal, { node: node.name, state: STATE_OF_STEP[step], step }));
  } catch (error) {
    // The table lags; the result of this run still tells the upgrade everything.
    log.warn('progress not delivered', { node: node.name, step, cause: String(error) });
  }
}

/** Tells the upgrade how this node ended; resolves when it has been delivered, so that a node that is gone has told it. */
export async function tellResult({ upgrade, node, retry }: UpgradeNodeInput, result: NodeResult): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(upgrade.workflowId).signal(nodeResultSignal, { upgrade: upgrade.id, node: node.name, retry, result }));
  } catch (error) {
    // Nobody is left who waits for it: the upgrade was terminated.
    log.warn('result not delivered', { node: node.name, cause: String(error) });
  }
}
