import { randomOf } from '../../../simulator/random.ts';
import { EFFECTS } from '../catalogue/effects.ts';
import { RESTORE_STEPS, stepOf } from '../catalogue/moments.ts';
import type { Step } from '../catalogue/moments.ts';
import { POINTS } from '../catalogue/points.ts';
import type { Point } from '../catalogue/points.ts';

/** The most points that one seed gets as its own: more of them would hide one another. */
export const MOST_OWN = 5;

/** Points in an order in which one that needs a worker of its own is not followed by dozens of the kind. */
const SHUFFLED: readonly Point[] = POINTS.map((point, index) => ({ point, place: randomOf(0, 'turn', index).unit() })).toSorted((one, other) => one.place - other.place).map(({ point }) => point);

/** A worker that is killed costs its seed a quarter of a minute. */
const MOST_OF_WORKERS = 3;

/** Steps of which a seed has one or the other. */
const EXCLUDING: readonly (readonly [Step, Step])[] = [['cordonNode', 'drainNode'], ['releaseTaints', 'rollbackNode'], ['cordonNode', 'rollbackNode']];

const turns = new Map<number, readonly (readonly Point[])[]>();

/**
 * All points in groups, each of them once: the own points of so many seeds in a row.
 * @param each How many points a group has at most where that can be; 1 to `MOST_OWN`.
 */
export function turnsOf(each: number): readonly (readonly Point[])[] {
  const known = turns.get(each) ?? inGroups(each);
  turns.set(each, known);
  return known;
}

function inGroups(each: number): readonly (readonly Point[])[] {
  const groups: Point[][] = Array.from({ length: Math.ceil(POINTS.length / each) }, () => []);
  // Those that exclude most are placed first, while there is room.
  for (const point of each === 1 ? SHUFFLED : SHUFFLED.toSorted((one, other) => difficulty(other) - difficulty(one))) {
    const group = groups.filter((candidate) => fits(point, candidate)).toSorted((one, other) => one.length - other.length)[0];
    if (group === undefined) groups.push([point]);
    else group.push(point);
  }
  return groups;
}

function difficulty({ effect }: Point): number {
  switch (EFFECTS[effect].needs) {
    case 'server': return 2;
    case 'worker': return 1;
    case 'nothing': return 0;
  }
}

/** Two faults at one moment would hide one another, and so would two that stop the whole engine for long. */
export function fits(point: Point, others: readonly Point[]): boolean {
  const { needs } = EFFECTS[point.effect];
  const sameNeed = others.filter(({ effect }) => EFFECTS[effect].needs === needs).length;
  if ((needs === 'server' && sameNeed > 0) || (needs === 'worker' && sameNeed >= MOST_OF_WORKERS)) return false;
  return others.every((other) => other.moment !== point.moment && !excludes(stepOf(other.moment), stepOf(point.moment)));
}

/** Of an upgrade that comes to its end, and of workers that are sent back or left out. */
const NOT_BEFORE_RESTORE: readonly Step[] = ['verifyCluster', 'releaseLease', 'upgradeAddon', 'rollbackNode', 'releaseTaints'];

function excludes(one: Step, other: Step): boolean {
  if ([[one, other], [other, one]].some(([restore, step]) => restore !== undefined && step !== undefined && RESTORE_STEPS.includes(restore) && NOT_BEFORE_RESTORE.includes(step))) return true;
  return EXCLUDING.some((pair) => pair.includes(one) && pair.includes(other) && one !== other);
}

/** How many own points each of so many seeds gets so that all points are dealt; 1 where that is out of reach. */
export function ownPoints(seeds: number): number {
  for (let each = 1; each <= MOST_OWN; each += 1) if (turnsOf(each).length <= seeds) return each;
  return 1;
}
