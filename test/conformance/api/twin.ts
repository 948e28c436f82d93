import { createClusterModel } from '../../../simulator/api/cluster-model.ts';
import { serveApi } from '../../../simulator/api/serve.ts';
import { createScaledClock } from '../../../simulator/clock.ts';
import { describeCluster, workers } from '../../simulator/api/describe.ts';
import { openSubject } from './subject.ts';
import type { Subject } from './subject.ts';

/** The API of a small twin. Its time runs ten times as fast, so that its controllers are quick. */
export async function startTwinSubject(): Promise<{ readonly api: Subject; stop(): Promise<void> }> {
  const clock = createScaledClock(10);
  const cluster = createClusterModel({ description: describeCluster(workers(2)), clock, seed: 1 });
  const served = await serveApi(cluster);
  const api = await openSubject(served.kubeconfig);
  return {
    api,
    stop: async () => {
      api.close();
      await served.stop();
      cluster.stop();
      clock.stop();
    },
  };
}
