import { atLeast, atMost, figure, mean } from '../bench.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { benchCluster, workerName } from '../engine/bench-cluster.ts';
import { startEngine } from '../engine/engine.ts';
import { untilDone } from '../engine/until-done.ts';
import { timedGroup } from '../engine/timed-clusters.ts';
import { drawNodes, SPREADS } from './draws.ts';
import type { DrawnNode, DrawOptions } from './draws.ts';
import { foreseenWindow, ideal, jobs, nodeBatches, serialBatches, slidingWindow } from './schedulers.ts';

interface Kind {
  readonly name: string;
  readonly draw: Omit<DrawOptions, 'seed'>;
  readonly fasterThanLockStep: number;
}

const KINDS: readonly Kind[] = SPREADS.flatMap((spread) => [
  { name: `slow ${spread}`, draw: { spread, stuck: 0 }, fasterThanLockStep: 1.6 },
  { name: `slow ${spread}, 1 % stuck`, draw: { spread, stuck: 0.01 }, fasterThanLockStep: 1.7 },
]);

const OVER_IDEAL = 1.12;
/** Seeds over which schedulers are compared in computed time; it costs nothing. */
const COMPUTED_SEEDS = 50;

/**
 * 100 workers, 10 at a time, drawn step times: the real engine, whose steps wait for what was drawn, against the ideal
 * and against the rivals' schedulers over the same draws in computed time.
 */
export async function benchWindow({ seed, size, say }: BenchSetting): Promise<readonly Figure[]> {
  const names = Array.from({ length: size('nodes', 100) }, (_, at) => workerName(at));
  const width = size('width', 10);
  const nodeSeconds = size('node-seconds', 20);
  const seeds = Array.from({ length: size('rounds', 3) }, (_, at) => seed + at);
  const figures = KINDS.flatMap((kind) => computed(kind, names, width, seed));
  if (seeds.length === 0) return figures;
  const runs = KINDS.flatMap((kind) => seeds.map((each) => ({ kind, options: { ...kind.draw, seed: each } })));
  const spans = await measure(runs.map(({ options }) => options), names.length, width, nodeSeconds, say);
  const measured = runs.map(({ kind, options }, at) => ({ kind, nodes: drawNodes(names, options), makespan: (spans[at] ?? 0) / nodeSeconds }));
  return [...figures, ...KINDS.flatMap((kind) => engineFigures(kind, measured.filter((run) => run.kind === kind), width))];
}

/** Schedulers over the draws of many seeds, without an engine. */
function computed({ name, draw, fasterThanLockStep }: Kind, names: readonly string[], width: number, seed: number): readonly Figure[] {
  const draws = Array.from({ length: COMPUTED_SEEDS }, (_, at) => drawNodes(names, { ...draw, seed: seed + at }));
  const ratio = (over: (nodes: readonly DrawnNode[], width: number) => number, under: (nodes: readonly DrawnNode[], width: number) => number): number =>
    mean(draws.map((nodes) => over(nodes, width) / under(nodes, width)));
  const label = (what: string): string => `computed, ${name}: ${what}`;
  const window = ratio(slidingWindow, ideal);
  return [
    draw.stuck === 0 ? atMost(label('window over ideal'), window, 'ratio', OVER_IDEAL) : figure(label('window over ideal'), window, 'ratio'),
    figure(label('window over ideal, drains foreseen'), ratio(foreseenWindow, ideal), 'ratio'),
    atLeast(label('faster than Kubespray serial'), ratio(serialBatches, slidingWindow), 'ratio', fasterThanLockStep),
    atLeast(label('faster than RKE batches'), ratio(nodeBatches, slidingWindow), 'ratio', fasterThanLockStep),
    figure(label('faster than system-upgrade-controller'), ratio(jobs(0), slidingWindow), 'ratio'),
  ];
}

interface Measured {
  readonly nodes: readonly DrawnNode[];
  /** In units of the mean node. */
  readonly makespan: number;
}

function engineFigures({ name, draw, fasterThanLockStep }: Kind, runs: readonly Measured[], width: number): readonly Figure[] {
  const against = (scheduler: (nodes: readonly DrawnNode[], width: number) => number): number[] => runs.map(({ nodes, makespan }) => scheduler(nodes, width) / makespan);
  const overIdeal = runs.map(({ nodes, makespan }) => makespan / ideal(nodes, width));
  const label = (what: string): string => `engine, ${name}: ${what}`;
  return [
    draw.stuck === 0 ? atMost(label('makespan over ideal'), mean(overIdeal), 'ratio', OVER_IDEAL) : figure(label('makespan over ideal'), mean(overIdeal), 'ratio'),
    figure(label('makespan over ideal, least'), Math.min(...overIdeal), 'ratio'),
    figure(label('makespan over ideal, most'), Math.max(...overIdeal), 'ratio'),
    figure(label('makespan over the computed window'), mean(runs.map(({ nodes, makespan }) => makespan / slidingWindow(nodes, width))), 'ratio'),
    atLeast(label('faster than Kubespray serial'), mean(against(serialBatches)), 'ratio', fasterThanLockStep),
    atLeast(label('faster than RKE batches'), mean(against(nodeBatches)), 'ratio', fasterThanLockStep),
    figure(label('faster than system-upgrade-controller'), mean(against(jobs(0))), 'ratio'),
  ];
}

/** Upgrades one cluster for each of the draws, all at once. @returns Seconds from the first worker's first step to the last one's end. */
async function measure(draws: readonly DrawOptions[], workers: number, width: number, nodeSeconds: number, say: (line: string) => void): Promise<readonly number[]> {
  const clusters = draws.map((draw) => benchCluster(timedGroup(draw), workers, width));
  const engine = await startEngine({ say, nodeSeconds, concurrency: Math.min(1_000, clusters.length * width + 40) });
  try {
    say(`${clusters.length} clusters of ${workers} workers, a mean node takes ${nodeSeconds} s: about ${Math.round((nodeSeconds * workers) / width / 60)} to ${Math.round((2 * nodeSeconds * workers) / width / 60)} minutes`);
    await Promise.all(clusters.map(async ({ spec, plan }) => {
      await engine.client.start({ spec, plan, by: 'bench@here' });
      await untilDone(engine.client, spec.name);
    }));
    const { spans } = await engine.count();
    return clusters.map(({ spec }) => {
      const span = spans[spec.name];
      if (span === undefined) throw new Error(`${spec.name} ran no step on a worker`);
      return (span.toMs - span.fromMs) / 1000;
    });
  } finally {
    await engine.stop();
  }
}
