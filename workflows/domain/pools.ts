import { compareNames } from './order.ts';
import type { LabelRequirement, LabelSelector, PoolSpec } from './spec.ts';

export interface LabelledNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PoolAssignment {
  readonly pool: PoolSpec;
  /** Place in the spec's list, for paths such as `spec.pools[1]`. */
  readonly index: number;
  /** Names, as people count. */
  readonly nodes: readonly string[];
}

export interface PoolProblem {
  /** Path in the spec. */
  readonly path: string;
  readonly message: string;
  readonly next: string;
}

export interface PoolsResult {
  /** One for each pool of the spec, in its order, empty ones too. */
  readonly assignments: readonly PoolAssignment[];
  readonly problems: readonly PoolProblem[];
}

/**
 * Gives every worker to the one pool whose selector fits it; the pool without a selector takes the rest. A worker
 * that two selectors fit, or that no pool takes, is a problem, and so is a second pool without a selector.
 */
export function assignPools(pools: readonly PoolSpec[], workers: readonly LabelledNode[]): PoolsResult {
  const problems: PoolProblem[] = [...secondRestProblems(pools)];
  const members = pools.map((): string[] => []);
  const rest = pools.findIndex((pool) => pool.selector === null);
  for (const worker of workers) {
    const fitting = [...pools.entries()].filter(([, pool]) => pool.selector !== null && selectorFits(pool.selector, worker.labels)).map(([index]) => index);
    if (fitting.length > 1) problems.push(overlapProblem(pools, worker.name, fitting));
    const place = fitting[0] ?? (rest === -1 ? null : rest);
    if (place === null) problems.push(orphanProblem(worker.name));
    else members[place]?.push(worker.name);
  }
  const assignments = pools.map((pool, index) => ({ pool, index, nodes: (members[index] ?? []).toSorted(compareNames) }));
  return { assignments, problems };
}

/** The API's own meaning: all parts must hold; `NotIn` and `DoesNotExist` hold where the label is absent; an empty selector fits everything. */
export function selectorFits(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const labelsFit = Object.entries(selector.matchLabels).every(([key, value]) => labelOf(labels, key) === value);
  return labelsFit && selector.matchExpressions.every((requirement) => requirementFits(requirement, labels));
}

function requirementFits(requirement: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labelOf(labels, requirement.key);
  switch (requirement.operator) {
    case 'In': return value !== null && requirement.values.includes(value);
    case 'NotIn': return value === null || !requirement.values.includes(value);
    case 'Exists': return value !== null;
    case 'DoesNotExist': return value === null;
  }
}

/** Own properties only: a label may be called `constructor`. */
function labelOf(labels: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(labels, key) ? labels[key] ?? null : null;
}

function secondRestProblems(pools: readonly PoolSpec[]): PoolProblem[] {
  const withoutSelector = [...pools.entries()].filter(([, pool]) => pool.selector === null);
  const first = withoutSelector[0];
  if (first === undefined) return [];
  return withoutSelector.slice(1).map(([index, pool]) => ({
    path: `spec.pools[${index}]`,
    message: `the pools ${first[1].name} and ${pool.name} both have no selector, and only one can take the workers that are left`,
    next: `Give the pool ${pool.name} a selector.`,
  }));
}

function overlapProblem(pools: readonly PoolSpec[], node: string, fitting: readonly number[]): PoolProblem {
  const names = fitting.map((index) => pools[index]?.name ?? '').join(' and ');
  return {
    path: `spec.pools[${fitting[1] ?? 0}].selector`,
    message: `the node ${node} fits the selectors of the pools ${names}, and a node belongs to one pool`,
    next: 'Narrow one of the selectors, or change the labels of the node.',
  };
}

function orphanProblem(node: string): PoolProblem {
  return {
    path: 'spec.pools',
    message: `the worker ${node} fits the selector of no pool`,
    next: 'Add a pool without a selector, which takes the rest, or widen a selector.',
  };
}
