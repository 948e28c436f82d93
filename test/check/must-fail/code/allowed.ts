import { sleep } from '@temporalio/workflow';

export async function upgrade(): Promise<void> {
  await sleep('1 minute');
}
