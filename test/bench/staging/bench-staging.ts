import { generateCluster } from '../../../simulator/generate.ts';
import { workerTimings } from '../twin/worker-timings.ts';
import { atLeast, figure, mean } from '../bench.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { watchDownTimes } from '../twin/down-times.ts';
import { startTwinEngine, upgradeTwin } from '../twin/twin-engine.ts';

const SHORTER = 60;
const DOWNLOAD_SECONDS = 60;
/** The engine's own seconds weigh as many more of the twin's: slow enough that they do not decide. */
const SPEED = 2;

/** For how long workers are cordoned when their packages take a minute to download: staged before, as always, and not. */
export async function benchStaging({ seed, size, say }: BenchSetting): Promise<readonly Figure[]> {
  const nodes = size('nodes', 6);
  const width = size('width', 3);
  const pods = size('pods', 10);
  const down = async (program: 'real-worker.ts' | 'unstaged-worker.ts'): Promise<number> => {
    const engine = await startTwinEngine(say, program);
    try {
      const timings = { ...workerTimings(), fetchPackages: { meanMs: DOWNLOAD_SECONDS * 1000, variation: 0 } };
      const description = generateCluster({ name: 'staging', seed, workers: nodes, podsPerNode: pods, controlPlanes: 1, timings });
      let times: ReadonlyMap<string, number> = new Map();
      return await upgradeTwin(engine, {
        description, options: { seed, speed: SPEED, maxUnavailable: width },
        // One control-plane node is enough for what is measured, and its outage is part of the deal.
        spec: (spec) => ({ ...spec, etcd: { ...spec.etcd, acceptOutage: true } }),
        onReady: (twin) => { times = watchDownTimes(twin); },
      }, () => {
        const workers = description.nodes.filter(({ role }) => role === 'worker').flatMap(({ name }) => times.get(name) ?? []);
        if (workers.length !== nodes) throw new Error(`${workers.length} of ${nodes} workers were cordoned`);
        return (mean(workers) / 1000) * SPEED;
      });
    } finally {
      await engine.stop();
    }
  };
  const staged = await down('real-worker.ts');
  say(`staged: ${staged.toFixed(0)} s from cordon to uncordon`);
  const unstaged = await down('unstaged-worker.ts');
  return [
    figure('cordoned, staged', staged, 's'),
    figure('cordoned, not staged', unstaged, 's'),
    atLeast('shorter with staging', 100 * (1 - staged / unstaged), '%', SHORTER),
  ];
}
