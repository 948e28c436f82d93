import { setTimeout as delay } from 'node:timers/promises';
import { currentActivity, whileBeating } from '../../../activities/activity-context.ts';
import { drawNodes, isTimed, SPREADS } from '../window/draws.ts';
import type { DrawnNode, DrawOptions } from '../window/draws.ts';
import { workerName } from './bench-cluster.ts';
import type { StepCall } from './instant-activities.ts';

const STUCK = { plain: 0, stuck: 0.01 } as const;

/** Group of `benchCluster` whose name tells how long its steps take. */
export function timedGroup({ spread, seed, stuck }: DrawOptions): string {
  return `timed-${spread}-${seed}-${stuck > 0 ? 'stuck' : 'plain'}`;
}

/** Waits as long as the step of a timed cluster's worker takes; every other step takes no time. */
export function stepTimes(nodeSeconds: number): (call: StepCall) => Promise<void> {
  const drawn = new Map<string, ReadonlyMap<string, DrawnNode>>();
  return async ({ step, cluster, node }) => {
    if (nodeSeconds === 0 || node === null || !isTimed(step)) return;
    const nodes = drawn.get(cluster) ?? drawnNodes(cluster);
    drawn.set(cluster, nodes);
    const time = nodes.get(node)?.steps.find((each) => each.step === step)?.time ?? 0;
    const { signal } = currentActivity();
    await whileBeating(() => `${node}: ${step}`, () => delay(time * nodeSeconds * 1000, undefined, { signal }));
  };
}

function drawnNodes(cluster: string): ReadonlyMap<string, DrawnNode> {
  const told = /^timed-(?<spread>\w+)-(?<seed>\d+)-(?<stuck>plain|stuck)-(?<workers>\d+)$/.exec(cluster)?.groups;
  const spread = SPREADS.find((each) => each === told?.['spread']);
  if (told === undefined || spread === undefined) return new Map();
  const names = Array.from({ length: Number(told['workers']) }, (_, at) => workerName(at));
  const stuck = told['stuck'] === 'stuck' ? STUCK.stuck : STUCK.plain;
  return new Map(drawNodes(names, { seed: Number(told['seed']), spread, stuck }).map((node) => [node.name, node]));
}
