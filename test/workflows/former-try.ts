import type { WorkflowHandle } from '@temporalio/client';
import type { Trial } from './harness.ts';

/** Stands for the workflow of a node's former try that is not gone yet. */
export async function startFormer({ environment, handle }: Trial, node: string): Promise<WorkflowHandle> {
  return environment.client.workflow.start('upgradeNode', { workflowId: `${handle.workflowId}/${node}`, taskQueue: `nobody-${handle.workflowId}`, startDelay: '1 day' });
}

/** The upgrade could not start the workflow of a node. */
export async function untilRefused({ handle }: Trial): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => Boolean(event.startChildWorkflowExecutionFailedEventAttributes)) === true) return;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
