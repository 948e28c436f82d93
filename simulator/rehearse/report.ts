import type { Role } from '../../workflows/domain/state.ts';

/** Output of `capstan rehearse -o json`. Seconds count from the start of the upgrade. */
export interface RehearsalReport {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  /** Hash of the plan that was rehearsed: the same as `capstan plan` prints. */
  readonly planHash: string;
  readonly source: 'cluster' | 'dump';
  /** Where the times of steps come from: `lab`, or the report of an earlier upgrade. */
  readonly timings: string;
  readonly seed: number;
  readonly runs: number;
  /** `held` where a drain did not end in its time in any of the runs. */
  readonly outcome: 'done' | 'held';
  readonly finish: { readonly p50Seconds: number; readonly p90Seconds: number };
  /** When all nodes are staged and the first change begins, p50. */
  readonly stagedSeconds: number;
  /** Drains that do not end within their time: there the upgrade waits for a person. */
  readonly held: readonly BlockedDrain[];
  /** Drains that wait for a budget and go on. */
  readonly drains: readonly BlockedDrain[];
  /** In the order in which they start. */
  readonly nodes: readonly RehearsedNode[];
  readonly pending: readonly PendingPods[];
  readonly evictions: Evictions;
  readonly unavailable: Unavailable;
  readonly notes: readonly string[];
}

export interface BlockedDrain {
  readonly node: string;
  /** `namespace/name`; null where no budget is the reason. */
  readonly budget: string | null;
  readonly workloads: readonly string[];
  readonly reason: string;
  /** In how many of the runs. */
  readonly runs: number;
  readonly p50Seconds: number;
  readonly worstSeconds: number;
}

export interface RehearsedNode {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly pool: string | null;
  readonly zone: string | null;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly endP90Seconds: number;
  /** From the cordon to the end, p50. */
  readonly downSeconds: number;
  readonly drainSeconds: number;
  /** Runs in which it was held. */
  readonly heldRuns: number;
}

export interface PendingPods {
  readonly workload: string;
  /** Pods of it that waited in the run with the most. */
  readonly pods: number;
  readonly reason: string;
  readonly runs: number;
  /** How long a pod waited at most; null where one had no place at the end either. */
  readonly worstSeconds: number | null;
  /** It had no place before the upgrade either. */
  readonly before: boolean;
}

export interface Evictions {
  /** Pods that are on nodes to upgrade and can be evicted. */
  readonly pods: number;
  /** Mean over all runs; 1 is the least where every pod has to move. */
  readonly perPod: number;
  readonly worst: { readonly workload: string; readonly times: number } | null;
}

export interface Unavailable {
  /** Greatest number of nodes down at once; `zone` null is the whole pool. */
  readonly nodes: readonly { readonly pool: string; readonly zone: string | null; readonly most: number }[];
  /** Workloads that had fewer available replicas than they want, worst first. */
  readonly replicas: readonly { readonly workload: string; readonly replicas: number; readonly most: number }[];
}
