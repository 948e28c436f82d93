/** What one run of the upgrade on the twin was like. Times are milliseconds since it began. */
export interface RunRecord {
  readonly finishMs: number;
  readonly stagedMs: number;
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  readonly drains: readonly DrainRecord[];
  readonly pending: readonly PendingRecord[];
  readonly evictions: EvictionRecord;
  /** Greatest number of nodes down at once, by `pool` and by `pool/zone`. */
  readonly down: ReadonlyMap<string, number>;
  /** Fewest available replicas by `namespace/name`. */
  readonly available: ReadonlyMap<string, number>;
}

export interface NodeRecord {
  readonly startMs: number;
  readonly endMs: number;
  /** From the cordon to the end. */
  readonly downMs: number;
  readonly drainMs: number;
  /** `held`: its drain did not end within its time. */
  readonly state: 'done' | 'held';
}

/** A drain that something stood in the way of. */
export interface DrainRecord {
  readonly node: string;
  /** `namespace/name`; null where no budget is the reason. */
  readonly budget: string | null;
  /** `namespace/name` of pods, by the workload that they belong to. */
  readonly workloads: readonly string[];
  readonly reason: string;
  readonly waitedMs: number;
  /** True where it was still in the way when the drain's time was over, or no eviction began at all. */
  readonly held: boolean;
}

export interface PendingRecord {
  /** `namespace/name`. */
  readonly workload: string;
  readonly reason: string;
  readonly fromMs: number;
  /** Null where it had no place at the end either. */
  readonly untilMs: number | null;
  /** It had no place before the upgrade began. */
  readonly before: boolean;
}

export interface EvictionRecord {
  readonly evictions: number;
  /** Pods that were on nodes to upgrade and could be evicted. */
  readonly pods: number;
  readonly worst: { readonly workload: string; readonly times: number } | null;
}
