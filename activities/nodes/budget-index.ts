import type { DisruptionBudget, Pod } from '../kubernetes/objects.ts';

/** Finds the budgets that may guard a pod without looking at all of its namespace: there can be thousands. */
export type BudgetIndex = (pod: Pod) => readonly DisruptionBudget[];

/** A few too many are found, never too few: who uses them still asks each selector. */
export function indexBudgets(budgets: readonly DisruptionBudget[]): BudgetIndex {
  const buckets = Map.groupBy(budgets, ({ metadata, spec }) => placeOf(metadata.namespace, Object.entries(spec.selector?.matchLabels ?? {})[0]));
  return ({ metadata: { namespace, labels = {} } }) => [undefined, ...Object.entries(labels)].flatMap((pair) => buckets.get(placeOf(namespace, pair)) ?? []);
}

function placeOf(namespace = 'default', pair: readonly [string, string] | undefined): string {
  return pair === undefined ? namespace : `${namespace} ${pair[0]}=${pair[1]}`;
}
