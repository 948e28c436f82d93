import { cpus, loadavg, totalmem } from 'node:os';

/** One measured number, with what it should be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `s`, `MB`, `count`, … */
  readonly unit: string;
  /** Such as `<= 90`; null where a figure only explains another. */
  readonly target: string | null;
  readonly met: boolean | null;
}

/** What a benchmark is told. */
export interface BenchSetting {
  readonly seed: number;
  /** A size given as a flag, or this default. */
  readonly size: (flag: SizeFlag, fallback: number) => number;
  /** Parts to run, such as the contenders of `lab`; all where it is empty. */
  readonly only: readonly string[];
  /** For people, one line at a time, on stderr. */
  readonly say: (line: string) => void;
}

/** Flags that make a benchmark smaller or larger; each benchmark reads those that mean something to it. */
export const SIZE_FLAGS = {
  nodes: 'worker nodes',
  width: 'nodes in flight',
  pods: 'pods a node',
  clusters: 'clusters at once, 0 for none',
  'cluster-nodes': 'nodes of each of these clusters',
  'large-nodes': 'nodes of the large cluster, 0 for none',
  'node-seconds': 'mean seconds that a node takes',
  rounds: 'repetitions, or seeds',
} as const;
export type SizeFlag = keyof typeof SIZE_FLAGS;

export type Bench = (setting: BenchSetting) => Promise<readonly Figure[]>;

export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly memoryGiB: number;
  readonly node: string;
  /** Load average of the minute before: on a busy machine times are worth less. */
  readonly load: number;
}

export interface BenchResult {
  readonly bench: string;
  readonly seed: number;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

export function thisMachine(): Machine {
  return {
    cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version, load: round(loadavg()[0] ?? 0),
  };
}

/** A figure that has no target of its own. */
export function figure(name: string, value: number, unit: string): Figure {
  return { name, value: round(value), unit, target: null, met: null };
}

export function atMost(name: string, value: number, unit: string, limit: number): Figure {
  return { name, value: round(value), unit, target: `<= ${round(limit)}`, met: value <= limit };
}

export function atLeast(name: string, value: number, unit: string, limit: number): Figure {
  return { name, value: round(value), unit, target: `>= ${round(limit)}`, met: value >= limit };
}

/** The value below which a share of the values lies; 0 where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Three digits after the point are more than any of these measurements is worth. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
