import { setTimeout as delay } from 'node:timers/promises';
import { generateCluster } from '../../../simulator/generate.ts';
import { atMost, figure, percentile } from '../bench.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { benchCluster } from '../engine/bench-cluster.ts';
import { startEngine } from '../engine/engine.ts';
import { untilDone } from '../engine/until-done.ts';
import { timedGroup } from '../engine/timed-clusters.ts';
import { startTwinEngine, upgradeTwin } from '../twin/twin-engine.ts';
import { workerTimings } from '../twin/worker-timings.ts';
import { watchReadyTimes } from './ready-times.ts';
import { silentWatches } from './silent-watch.ts';

const READY_SECONDS = 1;
const PAUSE_SECONDS = 2;
const SILENCE_SECONDS = 10;
/** After this nothing starts any more that a pause has missed. */
const QUIET_MS = 4_000;

/** How soon the engine does something about what happened. */
export async function benchReaction(setting: BenchSetting): Promise<readonly Figure[]> {
  const { seed, size, say } = setting;
  const silent = await silentWatches(seed, 16);
  say(`silent watches noticed after ${Math.min(...silent).toFixed(1)} s to ${Math.max(...silent).toFixed(1)} s`);
  const ready = await readyToUncordon(setting);
  const { pauses, steps } = await pausesOf(seed, size('rounds', 10), size('nodes', 200), size('width', 20), say);
  return [
    figure('node Ready to uncordon, p50', percentile(ready, 0.5), 's'),
    atMost('node Ready to uncordon, p99', percentile(ready, 0.99), 's', READY_SECONDS),
    figure('nodes measured', ready.length, 'count'),
    figure('end of the wait to uncordon with 20 nodes in flight, p50', percentile(steps, 0.5), 's'),
    figure('end of the wait to uncordon with 20 nodes in flight, p99', percentile(steps, 0.99), 's'),
    figure('pause to the last node that starts, p50', percentile(pauses, 0.5), 's'),
    atMost('pause to the last node that starts, most', Math.max(...pauses), 's', PAUSE_SECONDS),
    figure('a silent watch is noticed, p50', percentile(silent, 0.5), 's'),
    atMost('a silent watch is noticed, most', Math.max(...silent), 's', SILENCE_SECONDS),
  ];
}

/** On the twin: from the moment in which a node was Ready for the settle time to the uncordon in its API. */
async function readyToUncordon({ seed, say }: BenchSetting): Promise<readonly number[]> {
  const engine = await startTwinEngine(say);
  try {
    const description = generateCluster({ name: 'reaction', seed, workers: 20, podsPerNode: 4, controlPlanes: 1, timings: workerTimings() });
    let times: readonly number[] = [];
    return await upgradeTwin(engine, {
      description, options: { seed, speed: 1, maxUnavailable: 5 },
      spec: (spec) => ({ ...spec, etcd: { ...spec.etcd, acceptOutage: true } }),
      onReady: (twin) => { times = watchReadyTimes(twin); },
    }, () => times);
  } finally {
    await engine.stop();
  }
}

/** The engine with steps of about a second: nodes start all the time, until a pause. */
async function pausesOf(seed: number, rounds: number, nodes: number, width: number, say: (line: string) => void): Promise<{ readonly pauses: readonly number[]; readonly steps: readonly number[] }> {
  const engine = await startEngine({ say, nodeSeconds: 4 });
  const { client } = engine;
  try {
    const { spec, plan } = benchCluster(timedGroup({ spread: 'steps', seed, stuck: 0 }), nodes, width);
    await client.start({ spec, plan, by: 'bench@here' });
    while ((await engine.count()).lastStartMs === 0) await delay(100);
    const pauses: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Until nodes have started again.
      await delay(3_000);
      const sentMs = Date.now();
      await client.send(spec.name, { kind: 'pause', message: { by: 'bench', reason: 'reaction' } });
      await delay(QUIET_MS);
      pauses.push(Math.max(0, (await engine.count()).lastStartMs - sentMs) / 1000);
      await client.send(spec.name, { kind: 'resume', message: { by: 'bench' } });
    }
    await untilDone(client, spec.name);
    return { pauses, steps: (await engine.count()).readyToUncordonMs.map((ms) => ms / 1000) };
  } finally {
    await engine.stop();
  }
}
