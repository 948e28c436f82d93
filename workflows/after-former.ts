import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { sleep } from '@temporalio/workflow';

const FIRST_PAUSE_MS = 250;
/** A minute in all: a worker that died with the former try's last task on it is found out by then. */
const LAST_PAUSE_MS = 32_000;

/**
 * Starts the workflow of a node's next try. The former try tells its end by a message, a moment before its workflow is gone,
 * and both have the same workflow id: whoever decides at once waits for that. Ends with WorkflowExecutionAlreadyStartedError
 * where it still runs after a minute.
 */
export async function startAfterFormer<T>(start: () => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || pauseMs > LAST_PAUSE_MS) throw error;
    }
    await sleep(pauseMs);
  }
}
