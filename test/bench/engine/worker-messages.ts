/** What the benchmark says to the worker that it measures. */
export type Order = 'count' | 'reset' | 'stop';

export interface ActivityCounts {
  /** Activities that ran, by type. */
  readonly steps: Readonly<Record<string, number>>;
  /** Of the worker node that took most of them. */
  readonly mostPerNode: number;
  /** By cluster: from the first step of a worker node to the end of the last. */
  /** Milliseconds since the epoch at which the last node began; 0 where none has. */
  readonly lastStartMs: number;
  /** Milliseconds from a node's Ready, the end of that step, to the begin of its uncordon. */
  readonly readyToUncordonMs: readonly number[];
  readonly spans: Readonly<Record<string, Span>>;
}

/** Milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}
