import type { LabState } from '../../lab/lab.ts';
import type { ProbeReport } from '../../lab/probes.ts';
import type { NodeDowntime } from './node-downtime.ts';

export const CONTENDERS = ['capstan', 'runbook', 'ansible'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/** What a contender did to one node, in its own words. */
export interface NodeTimes {
  readonly node: string;
  /** From the first command for this node to the last. */
  readonly seconds: number;
  /** `kubeadm upgrade` alone. */
  readonly kubeadmSeconds: number;
}

/** Upgrades a lab that nobody touched before, and tells what it took. */
export interface Contender {
  /** Makes everything ready that is no part of the upgrade, such as a worker that waits for work. */
  readonly prepare: (lab: LabState, say: (line: string) => void) => Promise<PreparedContender>;
}

export interface PreparedContender {
  readonly upgrade: () => Promise<readonly NodeTimes[]>;
  /** Ends what `prepare` started. */
  readonly close: () => Promise<void>;
}

/** One contender's upgrade, as it is kept. */
export interface LabRun {
  readonly contender: ContenderName;
  /** ISO date and commit of the project at which it was measured. */
  readonly startedAt: string;
  readonly commit: string;
  readonly wallSeconds: number;
  /** Load averages of a minute: mean of one look every ten seconds. */
  readonly load: number;
  readonly nodes: readonly NodeTimes[];
  readonly downtimes: readonly NodeDowntime[];
  readonly api: ProbeReport;
  readonly service: ProbeReport;
}

/** A moment at which a contender began a step, as its output names it. */
export interface StepMark {
  readonly node: string;
  readonly step: string;
  readonly atMs: number;
}

/**
 * Times of each node from the moments at which its steps began; a step ends where the next one, of any node, begins.
 * @param marks - in order, the last one being the end of everything.
 */
export function timesOf(marks: readonly StepMark[]): readonly NodeTimes[] {
  const names = [...new Set(marks.map((mark) => mark.node))].filter((name) => name !== '');
  return names.map((node) => {
    let seconds = 0;
    let kubeadmSeconds = 0;
    for (const [at, mark] of marks.entries()) {
      const next = marks[at + 1];
      if (mark.node !== node || next === undefined) continue;
      const took = (next.atMs - mark.atMs) / 1000;
      seconds += took;
      if (mark.step.startsWith('kubeadm upgrade ') && mark.step !== 'kubeadm upgrade plan') kubeadmSeconds += took;
    }
    return { node, seconds, kubeadmSeconds };
  });
}
