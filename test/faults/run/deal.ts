import { randomOf } from '../../../simulator/random.ts';
import type { Random } from '../../../simulator/random.ts';
import { EFFECTS } from '../catalogue/effects.ts';
import type { Need } from '../catalogue/effects.ts';
import { RESTORE_STEPS, stepOf } from '../catalogue/moments.ts';
import type { Step } from '../catalogue/moments.ts';
import { POINTS } from '../catalogue/points.ts';
import type { Point } from '../catalogue/points.ts';
import type { PlacedPoint } from '../place/place-point.ts';
import { fits, turnsOf } from './turns.ts';
import { dealWords, pick, wordsToRestore, wordsToSendBack, wordsToSkip } from './words.ts';
import type { PlacedWord } from './words.ts';

/** All of a seed that chance decides. */
export interface Deal {
  readonly seed: number;
  readonly workers: readonly string[];
  readonly controlPlanes: readonly string[];
  readonly maxUnavailable: number;
  /** Worker that a person cordoned before; null in most seeds. */
  readonly cordoned: string | null;
  /** The seed's own points, dealt in turn. */
  readonly own: readonly PlacedPoint[];
  /** Others that come by chance, and need nothing of their own. */
  readonly others: readonly PlacedPoint[];
  readonly needs: Need;
  /** What its person says, besides deciding about held nodes. */
  readonly words: readonly PlacedWord[];
  /** Worker after which the whole cluster goes back; null where it does not for certain. */
  readonly lastUpgraded: string | null;
  /** False: the pool is cordoned and not drained. */
  readonly drains: boolean;
  /** True: the spec has an add-on, due after the workers. */
  readonly hasAddon: boolean;
  /** True: every remote command is cut again and again, and nothing else goes wrong. */
  readonly cutsCommands: boolean;
}

export interface DealOptions {
  /** Nodes in all, three of them of the control plane. */
  readonly nodes: number;
  /** How many points of its own each seed gets. Default 1. */
  readonly each?: number;
  /** Every seed gets this point as its own. Default: dealt in turn. */
  readonly point?: Point;
}

const CONTROL_PLANES = 3;
const MOST_OTHERS = 2;
/** One seed in so many has a node that a person cordoned. */
const CORDONED_EVERY = 4;

const OTHERS = POINTS.filter(({ effect, moment }) => EFFECTS[effect].needs === 'nothing' && !needsWord(stepOf(moment)));

/** The same seed and options give the same deal. */
export function deal(seed: number, { nodes, point, each = 1 }: DealOptions): Deal {
  const random = randomOf(seed, 'deal');
  const controlPlanes = named('cp', CONTROL_PLANES);
  const workers = named('w', nodes - CONTROL_PLANES);
  const points = point === undefined ? inTurn(seed, each) : [point];
  const has = (step: Step): boolean => points.some(({ moment }) => stepOf(moment) === step);
  // What drains would meet is read only for a window of more than one.
  const isWide = has('observeDrains');
  const cordoned = random.below(CORDONED_EVERY) === 0 && !isWide ? workers[random.below(workers.length)] ?? null : null;
  const free = workers.filter((name) => name !== cordoned);
  // The soft taint is left on a worker that a person skips: nothing else is to happen there.
  const restores = RESTORE_STEPS.some(has);
  const able = has('releaseTaints') ? free.slice(0, -1) : free;
  const sentBack = pick(random, able);
  // Where the whole cluster goes back, no other worker is upgraded for certain.
  const given = restores ? [sentBack] : able;
  const place = (chosen: Point): PlacedPoint => ({ point: chosen, node: stepOf(chosen.moment) === 'rollbackNode' ? sentBack : nodeFor(chosen, given, controlPlanes, random) });
  const own = points.map(place);
  const others: PlacedPoint[] = [];
  for (let left = random.below(MOST_OTHERS + 1); left > 0; left -= 1) {
    const other = pick(random, OTHERS);
    if (fits(other, [...points, ...others.map((placed) => placed.point)])) others.push(place(other));
  }
  // With one worker that nothing can be scheduled on, two more would leave no room.
  const widest = cordoned === null ? Math.max(1, workers.length - 1) : 1;
  return {
    seed, workers, controlPlanes, cordoned, own, others,
    maxUnavailable: isWide ? 2 : 1 + random.below(widest),
    needs: needsOf(points),
    words: restores ? wordsToRestore(sentBack) : has('rollbackNode') ? wordsToSendBack(sentBack) : has('releaseTaints') ? wordsToSkip(free.at(-1) ?? sentBack) : dealWords({ random: randomOf(seed, 'words'), workers: free, controlPlanes: CONTROL_PLANES, widest }),
    lastUpgraded: restores ? sentBack : null,
    drains: !has('cordonNode'),
    hasAddon: has('upgradeAddon'),
    cutsCommands: false,
  };
}

/** An upgrade in which connections are cut and nothing else goes wrong. */
export function dealCuts(seed: number, nodes: number): Deal {
  return { ...deal(seed, { nodes }), own: [], others: [], needs: 'nothing', words: [], lastUpgraded: null, drains: true, hasAddon: false, cutsCommands: true };
}

function inTurn(seed: number, each: number): readonly Point[] {
  const turns = turnsOf(each);
  const points = turns[(seed - 1) % turns.length];
  if (points === undefined) throw new Error(`seed ${seed} is not a whole number from 1`);
  return points;
}

function nodeFor({ on }: Point, workers: readonly string[], controlPlanes: readonly string[], random: Random): string | null {
  if (on === null) return null;
  return pick(random, on === 'worker' ? workers : on === 'control-plane' ? controlPlanes : [...controlPlanes, ...workers]);
}

/** The step that needs the most decides. */
function needsOf(points: readonly Point[]): Need {
  const needs = points.map(({ effect }) => EFFECTS[effect].needs);
  return needs.includes('server') ? 'server' : needs.includes('worker') ? 'worker' : 'nothing';
}

/** Steps that come only after a person's word, so that chance alone hardly ever meets them. */
function needsWord(step: Step): boolean {
  return RESTORE_STEPS.includes(step) || step === 'rollbackNode' || step === 'releaseTaints' || step === 'cordonNode' || step === 'upgradeAddon' || step === 'observeDrains';
}

/** As `generateCluster` names nodes. */
function named(prefix: string, count: number): readonly string[] {
  const width = String(count).length;
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(width, '0')}`);
}
