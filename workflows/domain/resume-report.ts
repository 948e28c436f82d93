import type { Amendment, PlanGrowth } from './amend-plan.ts';
import type { Failure } from './failure.ts';
import { compareNames } from './order.ts';
import type { UpgradePlan } from './plan.ts';

/** Lines of which at most `MOST_LINES` are kept: what waits in a state must stay small. */
export interface BoundedLines {
  readonly lines: readonly string[];
  /** How many more there are. */
  readonly more: number;
}

/** What the cluster was found to be when somebody last wanted to go on after a pause. */
export interface ResumeReport {
  /** ISO. */
  readonly at: string;
  readonly by: string;
  /** What changed while the upgrade was paused; empty where nothing did. */
  readonly changes: BoundedLines;
  /** Why it stays paused; null where it goes on, or waits for an approval. */
  readonly problem: Failure | null;
}

/** A plan that waits for a person's yes; nothing further is begun before it. */
export interface Approval {
  /** Of the plan that waits: what `approve` has to name. */
  readonly planHash: string;
  /** Why it waits. */
  readonly reason: string;
  /** Begins the upgrade, or goes on with a plan that grew while it was paused. */
  readonly kind: 'start' | 'growth';
  /** What the plan has beyond the one before; empty for a start. */
  readonly growth: BoundedLines;
}

export const MOST_LINES = 10;

export const NO_LINES: BoundedLines = { lines: [], more: 0 };

/** @param after What was told before them. */
export function bounded(lines: readonly string[], after: BoundedLines = NO_LINES): BoundedLines {
  const all = [...after.lines, ...lines];
  return { lines: all.slice(0, MOST_LINES), more: after.more + Math.max(0, all.length - MOST_LINES) };
}

/** The lines as people read them, the last one saying how many more there are. */
export function shownLines({ lines, more }: BoundedLines): readonly string[] {
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

export function startApproval(plan: UpgradePlan): Approval {
  return { planHash: plan.hash, reason: 'waits for approval', kind: 'start', growth: NO_LINES };
}

export function growthApproval({ plan, nodes, lines }: PlanGrowth): Approval {
  const names = nodes.map(({ name }) => name).toSorted(compareNames);
  const shown = names.slice(0, MOST_LINES).join(', ');
  const more = names.length > MOST_LINES ? ` and ${names.length - MOST_LINES} more` : '';
  return { planHash: plan.hash, reason: `the plan grew: ${shown}${more}`, kind: 'growth', growth: bounded(lines) };
}

/** Where the control plane, the cluster itself or a file that is applied is another one: neither amended nor approved. */
export function blockedFailure(cluster: string, { blocked }: Amendment): Failure {
  return {
    type: 'ClusterMoved',
    message: `what the plan was made from is another one now:\n${shownLines(bounded(blocked)).join('\n')}`,
    next: `put it back and \`capstan resume --cluster ${cluster}\`, or \`capstan cancel --cluster ${cluster}\` and start again with a new plan; what is done stays done`,
  };
}

/** Where the cluster could not be read: nothing is known, so nothing goes on. */
export function unreadFailure(cluster: string, failure: Failure): Failure {
  const again = `\`capstan resume --cluster ${cluster}\` looks again`;
  return { ...failure, next: failure.next === undefined ? again : `${failure.next}; then ${again}` };
}
