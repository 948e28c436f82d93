import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE } from '../../workflows/messages.ts';

// temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
const WORKFLOW_QUEUE = 1;
const ASK_MS = 100;
/** A fresh clone bundles the workflow code first. */
const TIMEOUT_MS = 120_000;

/** Waits until a worker polls the queue, by default the one of `capstan worker`. @throws Error where none does within two minutes. */
export async function untilPolling(address: string, taskQueue = DEFAULT_TASK_QUEUE): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: TIMEOUT_MS });
  const deadlineMs = Date.now() + TIMEOUT_MS;
  try {
    for (;;) {
      const { pollers } = await connection.workflowService.describeTaskQueue({ namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_QUEUE });
      if ((pollers ?? []).length > 0) return;
      if (Date.now() > deadlineMs) throw new Error(`No worker polls ${taskQueue} at ${address} after ${TIMEOUT_MS / 1000} s.`);
      await delay(ASK_MS);
    }
  } finally {
    await connection.close();
  }
}
