import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';

/** On a busy machine a connection may be given up that would have answered a little later. */
const TRIES = 20;

/** @throws Error where the upgrade ends as anything but done. */
export async function untilDone(client: UpgradeClient, cluster: string): Promise<UpgradeReport> {
  const report = await ended(client, cluster, TRIES);
  if (report?.state === 'done') return report;
  throw new Error(`the upgrade of ${cluster} ended as ${report?.state ?? 'nothing'}: ${report?.failure?.message ?? ''}`);
}

async function ended(client: UpgradeClient, cluster: string, tries: number): Promise<UpgradeReport | null> {
  try {
    return await client.ended(cluster, new AbortController().signal);
  } catch (error) {
    if (tries <= 1) throw error;
    return ended(client, cluster, tries - 1);
  }
}
