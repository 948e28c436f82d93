import { atMost, figure } from '../bench.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { measureActivityRate } from '../engine/activity-rate.ts';
import { benchCluster } from '../engine/bench-cluster.ts';
import type { BenchCluster } from '../engine/bench-cluster.ts';
import { startEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { historyFacts } from '../engine/histories.ts';
import { untilDone } from '../engine/until-done.ts';
import { cpuSeconds, growth, watchMemory } from '../engine/memory.ts';

/** One measured run: clusters that are upgraded at once, and what is asked of it. */
interface Run {
  readonly name: string;
  readonly clusters: readonly BenchCluster[];
  /** Whether its wall time has a target. */
  readonly timed: boolean;
  /** Largest payload allowed, KiB. */
  readonly payloadKib: number;
}

const LARGEST_HISTORY = 2_000;
const LONGEST_REPLAY_SECONDS = 1;
const WORKER_MEMORY_MB = 600;
const ACTIVITIES_PER_NODE = 6;
// What is kept for each of many workflows may not grow with their number.
const MEMORY_GROWTH = 1.25;

/** Steps that take no time: what is left is the engine. The activity rate of server and machine is measured first in each run. */
export async function benchScale({ size, say }: BenchSetting): Promise<readonly Figure[]> {
  const width = size('width', 100);
  const clusters = size('clusters', 100);
  const clusterWorkers = size('cluster-nodes', 10) - 3;
  const runs: Run[] = [];
  const nodes = size('nodes', 1_000);
  if (nodes > 0) runs.push({ name: `${nodes} nodes`, clusters: [benchCluster('large', nodes, width)], timed: true, payloadKib: nodes > 100 ? 256 : 32 });
  if (clusters > 0) {
    const fleet = Array.from({ length: clusters }, (_, at) => benchCluster(`fleet-${at + 1}`, clusterWorkers, 2));
    runs.push({ name: `${clusters} × ${clusterWorkers + 3}`, clusters: fleet, timed: true, payloadKib: 32 });
  }
  const large = size('large-nodes', 5_000);
  if (large > 0) runs.push({ name: `${large} nodes`, clusters: [benchCluster('huge', large, width)], timed: false, payloadKib: 256 });
  const figures: Figure[] = [];
  for (const run of runs) figures.push(...await measure(run, say));
  return figures;
}

async function measure(run: Run, say: (line: string) => void): Promise<readonly Figure[]> {
  const engine = await startEngine({ say });
  try {
    const beforeRate = cpuSeconds(engine.serverPids());
    const rate = await measureActivityRate(engine.address);
    const rateCpu = cpuSeconds(engine.serverPids()) - beforeRate;
    say(`${run.name}: ${rate.toFixed(0)} activities a second here; upgrading`);
    const worker = watchMemory(() => [engine.workerPid]);
    const server = watchMemory(engine.serverPids);
    const cpu = (): { readonly server: number; readonly worker: number } => ({ server: cpuSeconds(engine.serverPids()), worker: cpuSeconds([engine.workerPid]) });
    const before = cpu();
    const seconds = await upgradeAll(engine, run, say);
    const after = cpu();
    worker.stop();
    server.stop();
    const { steps, mostPerNode } = await engine.count();
    const activities = Object.values(steps).reduce((sum, count) => sum + count, 0);
    say(`${run.name}: CPU of the server ${(rateCpu / 2).toFixed(1)} ms a plain activity, ${((1000 * (after.server - before.server)) / activities).toFixed(1)} ms a step`);
    const facts = await settledFacts(engine, run);
    const limit = Math.max(90, (1.3 * activities) / rate);
    say(`${run.name}: ${JSON.stringify(steps)}; most events in ${facts.largest.workflow}; largest payload in ${facts.largestPayload.workflow} ${facts.largestPayload.event}`);
    const flat = growth(worker.samples());
    return [
      figure(`${run.name}: activity rate measured first`, rate, '1/s'),
      run.timed ? atMost(`${run.name}: wall time`, seconds, 's', limit) : figure(`${run.name}: wall time`, seconds, 's'),
      figure(`${run.name}: activities`, activities, 'count'),
      figure(`${run.name}: activities a second`, activities / seconds, '1/s'),
      atMost(`${run.name}: activities a worker node`, mostPerNode, 'count', ACTIVITIES_PER_NODE),
      atMost(`${run.name}: events of the largest history`, facts.largest.events, 'count', LARGEST_HISTORY),
      atMost(`${run.name}: replay of the largest history`, facts.largest.replaySeconds, 's', LONGEST_REPLAY_SECONDS),
      figure(`${run.name}: CPU time of that replay`, facts.largest.replayCpuSeconds, 's'),
      atMost(`${run.name}: largest payload`, facts.largestPayload.kib, 'KiB', run.payloadKib),
      figure(`${run.name}: CPU time, server`, after.server - before.server, 's'),
      figure(`${run.name}: CPU time, worker`, after.worker - before.worker, 's'),
      figure(`${run.name}: workflow runs`, facts.runs, 'count'),
      atMost(`${run.name}: worker memory`, worker.most(), 'MB', WORKER_MEMORY_MB),
      run.timed ? figure(`${run.name}: worker memory, end over middle`, flat, 'ratio') : atMost(`${run.name}: worker memory, end over middle`, flat, 'ratio', MEMORY_GROWTH),
      figure(`${run.name}: server memory`, server.most(), 'MB'),
    ];
  } finally {
    await engine.stop();
  }
}

/** @returns Seconds from the first start to the last end. */
async function upgradeAll({ client }: Engine, { clusters, name }: Run, say: (line: string) => void): Promise<number> {
  const startMs = performance.now();
  await Promise.all(clusters.map(async ({ spec, plan }) => {
    await client.start({ spec, plan, by: 'bench@here' });
    const report = await untilDone(client, spec.name);
    if (clusters.length === 1) say(`${name}: ${report.steps.map(({ step, startedAt }) => `${step} ${startedAt.slice(11, 19)}`).join(', ')}`);
  }));
  const seconds = (performance.now() - startMs) / 1000;
  say(`${name}: done in ${seconds.toFixed(1)} s`);
  return seconds;
}

async function settledFacts(engine: Engine, { clusters }: Run) {
  const [first] = clusters;
  if (first === undefined) throw new Error('no cluster to upgrade');
  const group = clusters.length === 1 ? first.spec.name : 'fleet-';
  return historyFacts(engine, `upgrade/${group}`);
}
