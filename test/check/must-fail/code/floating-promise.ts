import { sleep } from '@temporalio/workflow';

export async function upgrade(): Promise<void> {
  sleep('1 minute');
}
