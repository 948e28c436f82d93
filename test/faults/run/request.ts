import { parseArgs } from 'node:util';
import { pointOf, UnknownPoint } from '../catalogue/points.ts';
import type { Point } from '../catalogue/points.ts';
import { MOST_OWN, ownPoints } from './turns.ts';

/** What a fault run was asked for. */
export interface FaultRequest {
  readonly seeds: number;
  readonly firstSeed: number;
  /** Nodes in all, three of them of the control plane. */
  readonly nodes: number;
  /** Null deals all of them in turn. */
  readonly point: Point | null;
  /** Seeds at the same time. */
  readonly atOnce: number;
  /** Points of its own that each seed gets, where `point` names none. */
  readonly each: number;
  /** Instead of faults, cut at least so many remote commands in as many upgrades as it takes; null: no. */
  readonly cuts: number | null;
}

const SMALLEST = 6;
const LARGEST = 50;
/** Most of an upgrade is waiting. Measured on 2 cores, see docs/faults.md. */
const AT_ONCE = 28;
const USAGE = 'npm run test:faults -- --seeds N [--first-seed S] [--point NAME] [--nodes N] [--at-once N] [--each N]\n   or: npm run test:faults -- --cuts N [--first-seed S] [--nodes N] [--at-once N]';

/** Reads the command line; a text says what is wrong with it and what would be right. */
export function readRequest(args: readonly string[]): FaultRequest | string {
  try {
    const { values } = parseArgs({ args: [...args], strict: true, options: { seeds: { type: 'string' }, 'first-seed': { type: 'string' }, point: { type: 'string' }, nodes: { type: 'string' }, 'at-once': { type: 'string' }, each: { type: 'string' }, cuts: { type: 'string' } } });
    if (values.cuts !== undefined && (values.seeds ?? values.point ?? values.each) !== undefined) throw new RangeError('--cuts takes as many upgrades as it needs: leave --seeds, --point and --each out.');
    const seeds = wholeNumber('--seeds', values.seeds ?? '100', 1, 1_000_000);
    return {
      seeds,
      firstSeed: wholeNumber('--first-seed', values['first-seed'] ?? '1', 1, 1_000_000_000),
      nodes: wholeNumber('--nodes', values.nodes ?? String(SMALLEST), SMALLEST, LARGEST),
      point: values.point === undefined ? null : pointOf(values.point),
      atOnce: wholeNumber('--at-once', values['at-once'] ?? String(AT_ONCE), 1, 200),
      each: wholeNumber('--each', values.each ?? String(ownPoints(seeds)), 1, MOST_OWN),
      cuts: values.cuts === undefined ? null : wholeNumber('--cuts', values.cuts, 1, 1_000_000),
    };
  } catch (error) {
    if (error instanceof UnknownPoint) return error.message;
    return `${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`;
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`${option} ${text}: expected a whole number from ${least} to ${most}.`);
}

/** The command that runs one seed again. */
export function replayCommand(seed: number, { nodes, point, each, cuts }: FaultRequest): string {
  if (cuts !== null) return `npm run test:faults -- --cuts 1 --first-seed ${seed}${nodes === SMALLEST ? '' : ` --nodes ${nodes}`}`;
  return `npm run test:faults -- --seeds 1 --first-seed ${seed}${nodes === SMALLEST ? '' : ` --nodes ${nodes}`}${point === null ? '' : ` --point ${point.name}`}${point !== null || each === 1 ? '' : ` --each ${each}`}`;
}
