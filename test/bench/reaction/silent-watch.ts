import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createOpenKube } from '../../../activities/kubernetes/open-kube.ts';
import { createClusterModel } from '../../../simulator/api/cluster-model.ts';
import { serveApi } from '../../../simulator/api/serve.ts';
import { createScaledClock } from '../../../simulator/clock.ts';
import { generateCluster } from '../../../simulator/generate.ts';
import { NO_TIME } from '../../../simulator/timings.ts';
import { spec } from '../../domain/cluster.ts';

/** Watches begin to be silent at moments spread over this, because what stands behind them goes by the clock. */
const SPREAD_MS = 8_000;

/**
 * Follows nodes by the engine's own client, silences the watches behind its back, changes each node at another moment after
 * that, and takes the time until the change is seen.
 *
 * @returns Seconds, one for each node.
 */
export async function silentWatches(seed: number, nodes: number): Promise<readonly number[]> {
  const clock = createScaledClock(1);
  const description = generateCluster({ name: 'silent', seed, workers: nodes, podsPerNode: 0, timings: NO_TIME });
  const model = createClusterModel({ description, clock, seed, heartbeats: false });
  const api = await serveApi(model);
  const folder = await mkdtemp(join(tmpdir(), 'capstan-bench-silent-'));
  try {
    const file = join(folder, 'kubeconfig');
    await writeFile(file, api.kubeconfig, { mode: 0o600 });
    const kube = await createOpenKube()({ ...spec().access, kubeconfig: { file } });
    const names = description.nodes.filter(({ role }) => role === 'worker').map(({ name }) => name);
    const followed = names.map((name) => ({ name, live: kube.follow({ kind: 'node', name }) }));
    for (const { live } of followed) while (live.items === null) await live.changed();
    while (api.watches < names.length) await delay(10);
    api.silenceWatches();
    const times = await Promise.all(followed.map(async ({ name, live }, at) => {
      await delay((SPREAD_MS * at) / names.length);
      const startMs = performance.now();
      model.store.update('nodes', null, name, (node) => ({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, changed: 'yes' } } }));
      while (live.items?.[0]?.metadata.labels?.['changed'] !== 'yes') await live.changed();
      return (performance.now() - startMs) / 1000;
    }));
    for (const { live } of followed) live.close();
    return times;
  } finally {
    await api.stop();
    model.stop();
    clock.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
