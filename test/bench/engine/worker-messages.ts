/** What the benchmark says to the worker that it measures. */
export type Order = 'count' | 'reset' | 'stop';

export interface ActivityCounts {
  /** Activities that ran, by type. */
  readonly steps: Readonly<Record<string, number>>;
  /** Of the worker node that took most of them. */
  readonly mostPerNode: number;
  /** By cluster: from the first step of a worker node to the end of the last. */
  readonly spans: Readonly<Record<string, Span>>;
}

/** Milliseconds of the worker process's own clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}
