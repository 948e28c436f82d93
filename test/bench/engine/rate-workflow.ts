import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** Runs activities that do nothing, one after the other: what Temporal and this machine can do at most. */
export async function runActivities(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await nothing();
}
