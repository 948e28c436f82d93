import { randomOf } from '../../../simulator/random.ts';

/** What a worker node's steps would take, in units of the mean node. */
export interface DrawnNode {
  readonly name: string;
  readonly steps: readonly { readonly step: TimedStep; readonly time: number }[];
}

/** Steps that take time, with their share of a mean node: a drain waits for grace periods and is the longest. */
export const STEP_SHARES = { upgradeKubeadm: 0.15, drainNode: 0.5, upgradeKubelet: 0.2, waitNodeReady: 0.15 } as const;
export type TimedStep = keyof typeof STEP_SHARES;

/** `nodes`: a node is slow or quick in all of its steps. `steps`: every step draws for itself, so that a node's whole time varies less. */
export const SPREADS = ['nodes', 'steps'] as const;
export type Spread = (typeof SPREADS)[number];

export interface DrawOptions {
  readonly seed: number;
  readonly spread: Spread;
  /** Share of the nodes that take ten times the mean. */
  readonly stuck: number;
}

const VARIATION = 0.5;
const STUCK_FACTOR = 10;

/** Lognormal step times with coefficient of variation 0.5; the same seed draws the same for every scheduler. */
export function drawNodes(names: readonly string[], options: DrawOptions): readonly DrawnNode[] {
  const stuck = stuckNodes(names, options);
  return names.map((name) => {
    const own = randomOf(options.seed, 'node', name).lognormal(1, VARIATION);
    const factorOf = (step: TimedStep): number => {
      if (stuck.has(name)) return STUCK_FACTOR;
      return options.spread === 'nodes' ? own : randomOf(options.seed, 'step', name, step).lognormal(1, VARIATION);
    };
    return { name, steps: timedSteps().map((step) => ({ step, time: STEP_SHARES[step] * factorOf(step) })) };
  });
}

export function timeOf({ steps }: DrawnNode): number {
  return steps.reduce((sum, { time }) => sum + time, 0);
}

export function isTimed(step: string): step is TimedStep {
  return Object.hasOwn(STEP_SHARES, step);
}

function timedSteps(): readonly TimedStep[] {
  return Object.keys(STEP_SHARES).filter(isTimed);
}

function stuckNodes(names: readonly string[], { seed, stuck }: DrawOptions): ReadonlySet<string> {
  const wanted = Math.round(names.length * stuck);
  const drawn = names.map((name) => ({ name, order: randomOf(seed, 'stuck', name).unit() })).toSorted((left, right) => left.order - right.order);
  return new Set(drawn.slice(0, wanted).map(({ name }) => name));
}
