/** What the benchmark says to the worker that it measures. */
export type Order = 'count' | 'reset' | 'stop';

export interface ActivityCounts {
  /** Activities that ran, by type. */
  readonly steps: Readonly<Record<string, number>>;
  /** Of the worker node that took most of them. */
  readonly mostPerNode: number;
}
