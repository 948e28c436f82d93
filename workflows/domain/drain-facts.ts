import type { BudgetShare, WindowNode } from './next-node.ts';
import type { DrainSpec } from './spec.ts';
import type { UpgradeRef } from './step.ts';

export interface ObserveDrainsInput {
  readonly upgrade: UpgradeRef;
  /** Drain policy of the nodes' pool. */
  readonly drain: DrainSpec;
  /** Nodes in flight or pending, in any order; the rows of the answer keep it. */
  readonly nodes: readonly string[];
}

/** What drains would meet. It stays in the history of an upgrade of thousands of nodes, so it is rows of numbers. */
export interface DrainFacts {
  /** By budget: pods that may be away at once while all others are healthy. Only budgets with pods on more than one of the nodes. */
  readonly allowed: readonly number[];
  /** For each node asked about: expected seconds of its drain, then a budget and how many of its pods are there, and so on. */
  readonly rows: readonly (readonly number[])[];
}

export const NO_DRAIN_FACTS: DrainFacts = { allowed: [], rows: [] };

/** A node of the window by its row of the facts; nothing is expected of one that has none. */
export function windowNode(name: string, zone: string | null, row: readonly number[] | undefined): WindowNode {
  if (row === undefined) return { name, zone, drainSeconds: 0, budgets: [] };
  const budgets: BudgetShare[] = [];
  for (let index = 1; index + 1 < row.length; index += 2) budgets.push({ budget: row[index] ?? 0, pods: row[index + 1] ?? 0 });
  return { name, zone, drainSeconds: row[0] ?? 0, budgets };
}

/** What is known of the pods of one node. */
export interface DrainLoad {
  /** Pods to evict. */
  readonly pods: number;
  /** The longest that one of them may take to end. */
  readonly graceSeconds: number;
  /** Its pods under each budget, and how many of those may be away at once. */
  readonly guarded: readonly { readonly pods: number; readonly allowed: number }[];
}

/** Until a pod that took the place of an evicted one counts as healthy: what a drain waits for where a budget is used up. */
const REPLACEMENT_SECONDS = 30;
/** One pod more makes a drain a little longer even where all end at once. */
const POD_SECONDS = 0.2;

/** A rough guess that is good enough for an order: pods end together, but those of one budget in turns. */
export function expectedDrainSeconds({ pods, graceSeconds, guarded }: DrainLoad): number {
  if (pods === 0) return 0;
  const turns = guarded.map(({ pods: own, allowed }) => Math.ceil(own / Math.max(1, allowed)));
  return Math.round(graceSeconds + pods * POD_SECONDS + (Math.max(1, ...turns) - 1) * (graceSeconds + REPLACEMENT_SECONDS));
}
