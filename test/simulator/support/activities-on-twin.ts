import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createActivities } from '../../../activities/create-activities.ts';
import { createSshHosts } from '../../../activities/hosts/ssh-hosts.ts';
import type { Activities } from '../../../activities/index.ts';
import { createOpenKube } from '../../../activities/kubernetes/open-kube.ts';
import { generateCluster } from '../../../simulator/generate.ts';
import { startTwin } from '../../../simulator/twin.ts';
import type { Twin } from '../../../simulator/twin.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { FAST_TIMINGS, specOfTwin } from '../../support/twin.ts';

export interface ActivitiesOnTwin {
  readonly twin: Twin;
  readonly activities: Activities;
  readonly spec: UpgradeSpec;
}

/** The worker's own activities over a small twin, without Temporal; both end with the test. */
export async function activitiesOnTwin(context: TestContext, name: string, workers: number, way: 'shell' | 'recognised'): Promise<ActivitiesOnTwin> {
  const folder = await mkdtemp(join(scratchFolder(), `capstan-${name}-`));
  const twin = await startTwin(generateCluster({ name, seed: 1, workers, timings: FAST_TIMINGS }), { seed: 1, speed: 30, way, folder });
  const ssh = createSshHosts();
  context.after(async () => {
    ssh.close();
    await twin.stop();
  });
  const activities = createActivities({ openKube: createOpenKube(), openHosts: ssh.openHosts, now: Date.now, stateDir: folder });
  return { twin, activities, spec: await specOfTwin(twin) };
}
