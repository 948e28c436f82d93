import { randomOf } from '../../../simulator/random.ts';
import { EFFECTS } from '../catalogue/effects.ts';
import type { Need } from '../catalogue/effects.ts';
import { POINTS } from '../catalogue/points.ts';
import type { Point } from '../catalogue/points.ts';
import type { PlacedPoint } from '../place/place-point.ts';

/** All of a seed that chance decides. */
export interface Deal {
  readonly seed: number;
  readonly workers: readonly string[];
  readonly controlPlanes: readonly string[];
  readonly maxUnavailable: number;
  /** Worker that a person cordoned before; null in most seeds. */
  readonly cordoned: string | null;
  /** The first one is the seed's own, dealt in turn; the others come by chance, and need nothing of their own. */
  readonly points: readonly [PlacedPoint, ...PlacedPoint[]];
  readonly needs: Need;
}

export interface DealOptions {
  /** Nodes in all, three of them of the control plane. */
  readonly nodes: number;
  /** Every seed gets this point first. Default: dealt in turn. */
  readonly point?: Point;
}

const CONTROL_PLANES = 3;
const MOST_OTHERS = 2;
/** One seed in so many has a node that a person cordoned. */
const CORDONED_EVERY = 4;

/** Every so many seeds in a row have each point once as their own. */
export const SEEDS_FOR_ALL: number = POINTS.length;

/** Points in the order in which they are dealt: one that needs a worker of its own is not followed by dozens of the kind. */
const IN_TURN: readonly Point[] = POINTS.map((point, index) => ({ point, place: randomOf(0, 'turn', index).unit() })).toSorted((one, other) => one.place - other.place).map(({ point }) => point);
const OTHERS = POINTS.filter(({ effect }) => EFFECTS[effect].needs === 'nothing');

/** The same seed and options give the same deal. */
export function deal(seed: number, { nodes, point }: DealOptions): Deal {
  const random = randomOf(seed, 'deal');
  const controlPlanes = named('cp', CONTROL_PLANES);
  const workers = named('w', nodes - CONTROL_PLANES);
  const cordoned = random.below(CORDONED_EVERY) === 0 ? workers[random.below(workers.length)] ?? null : null;
  const free = workers.filter((name) => name !== cordoned);
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[random.below(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  };
  const placed = (chosen: Point): PlacedPoint => ({ point: chosen, node: chosen.on === null ? null : pick(chosen.on === 'worker' ? free : chosen.on === 'control-plane' ? controlPlanes : [...controlPlanes, ...free]) });
  const own = placed(point ?? inTurn(seed));
  const others = Array.from({ length: random.below(MOST_OTHERS + 1) }, () => placed(pick(OTHERS)));
  return {
    seed, workers, controlPlanes, cordoned,
    // With one worker that nothing can be scheduled on, two more would leave no room.
    maxUnavailable: cordoned === null ? 1 + random.below(Math.max(1, workers.length - 1)) : 1,
    points: [own, ...others.filter((other, index) => isNew(other, [own, ...others.slice(0, index)]))],
    needs: EFFECTS[own.point.effect].needs,
  };
}

function inTurn(seed: number): Point {
  const point = IN_TURN[(seed - 1) % IN_TURN.length];
  if (point === undefined) throw new Error(`seed ${seed} is not a whole number from 1`);
  return point;
}

/** Two faults in one operation would hide one another. */
function isNew(one: PlacedPoint, before: readonly PlacedPoint[]): boolean {
  return before.every(({ point, node }) => point.moment !== one.point.moment || node !== one.node);
}

/** As `generateCluster` names nodes. */
function named(prefix: string, count: number): readonly string[] {
  const width = String(count).length;
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(width, '0')}`);
}
