import { readdirSync, readFileSync } from 'node:fs';
import { setInterval as every } from 'node:timers';

const SAMPLE_MS = 500;

/** Resident memory of processes over time, read from outside, so that looking costs them nothing. */
export interface MemoryWatch {
  /** MB, one value a sample. */
  readonly samples: () => readonly number[];
  readonly most: () => number;
  readonly stop: () => void;
}

/** Samples the summed resident memory of the processes that `pids` names at each sample. */
export function watchMemory(pids: () => readonly number[]): MemoryWatch {
  const samples: number[] = [];
  const timer = every(() => { samples.push(pids().reduce((sum, pid) => sum + residentMb(pid), 0)); }, SAMPLE_MS);
  return { samples: () => samples, most: () => Math.max(0, ...samples), stop: () => clearInterval(timer) };
}

/**
 * Growth of memory once it has warmed up: mean of the last fifth over mean of the third of five fifths.
 * 1 is flat. Fewer than ten samples say nothing: 1.
 */
export function growth(samples: readonly number[]): number {
  if (samples.length < 10) return 1;
  const fifth = Math.floor(samples.length / 5);
  const average = (from: number): number => samples.slice(from, from + fifth).reduce((sum, value) => sum + value, 0) / fifth;
  return average(samples.length - fifth) / average(2 * fifth);
}

/** Processes whose name begins so and that descend from `ancestor`. */
export function descendants(ancestor: number, name: string): readonly number[] {
  const all = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).flatMap((entry) => statOf(Number(entry)));
  const family = new Set([ancestor]);
  // A child's number is usually greater than its parent's, but not always: repeat until nothing is added.
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter((each) => each.name.startsWith(name) && family.has(each.pid)).map(({ pid }) => pid);
}

function statOf(pid: number): { readonly pid: number; readonly name: string; readonly parent: number }[] {
  const match = /^\d+ \((?<name>.*)\) \S (?<parent>\d+) /.exec(read(`/proc/${pid}/stat`));
  return match?.groups === undefined ? [] : [{ pid, name: match.groups['name'] ?? '', parent: Number(match.groups['parent']) }];
}

/** 0 where the process is gone. */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(?<kib>\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.groups?.['kib'] ?? 0) / 1024;
}

/** Seconds of CPU that the processes have taken since they began: unlike the clock, nearly the same on a busy machine. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = read(`/proc/${pid}/stat`).replace(/^.*\) /, '').split(' ');
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
  }, 0);
}

/** Of the kernel's clock, a second: the same on every Linux for programs. */
const TICKS = 100;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
