import { cordonedFirst, oneControlPlaneNode, window } from './of-nodes.ts';
import { etcdWhole, leaderLast, quorum } from './of-etcd.ts';
import { effectOnce, intentOnce, snapshotFirst } from './of-steps.ts';
import { restoreTogether } from './of-restore.ts';
import { budgets, cordonOfAPerson, doneIsDone, ends, nothingLeft, skew } from './of-cluster.ts';
import type { Rule } from './rule.ts';

/** What must hold at every event, by name. The numbers are those of the contract in README.md. */
export const INVARIANTS = {
  window: { contract: 1, rule: 'never more workers cordoned by us than maxUnavailable, or than a person set', check: window },
  'one-control-plane-node': { contract: 1, rule: 'control-plane nodes one at a time', check: oneControlPlaneNode },
  'cordoned-first': { contract: 1, rule: 'a kubelet is stopped on a cordoned node only', check: cordonedFirst },
  'etcd-whole': { contract: 2, rule: 'an etcd member is touched only when all are healthy, none is a learner and no alarm is set', check: etcdWhole },
  quorum: { contract: 2, rule: 'an etcd member is touched only where quorum survives losing it', check: quorum },
  'leader-last': { contract: 2, rule: 'the member that is touched does not lead', check: leaderLast },
  'intent-once': { contract: 3, rule: 'an intent runs once: another one only after an interruption or a decision to retry', check: intentOnce },
  'effect-once': { contract: 4, rule: 'no effect is repeated', check: effectOnce },
  'cordon-of-a-person': { contract: 5, rule: 'what a person cordoned stays cordoned, without our mark', check: cordonOfAPerson },
  'nothing-left': { contract: 5, rule: 'no cordon, taint, lock or running unit of ours is left', check: nothingLeft },
  skew: { contract: 6, rule: 'no kubelet is newer than its API server or more than three minors older, and nothing goes back but what a person sent back', check: skew },
  'restore-together': { contract: 2, rule: 'the control plane is taken back only where a person said so, and no node begins a stage before all have ended the one before', check: restoreTogether },
  'snapshot-first': { contract: 7, rule: 'a snapshot of etcd comes before the first change', check: snapshotFirst },
  budgets: { contract: null, rule: 'no PodDisruptionBudget is broken by our hand, but where a person forced the drain', check: budgets },
  ends: { contract: null, rule: 'the upgrade ends done, or cancelled or rolled back where a person said so, and whatever is held says why', check: ends },
  'done-is-done': { contract: 4, rule: 'done means that every node that a person did not skip or send back is Ready at the target, and rolled back that it is Ready where it was', check: doneIsDone },
} as const satisfies Readonly<Record<string, { readonly contract: number | null; readonly rule: string; readonly check: Rule }>>;
export type InvariantName = keyof typeof INVARIANTS;

export const INVARIANT_NAMES: readonly InvariantName[] = Object.keys(INVARIANTS).filter(isInvariant);

function isInvariant(name: string): name is InvariantName {
  return Object.hasOwn(INVARIANTS, name);
}

/** The table of docs/faults.md. */
export function invariantTable(): string {
  return [
    '| invariant | contract | what holds |', '| --- | --- | --- |',
    ...INVARIANT_NAMES.map((name) => `| \`${name}\` | ${INVARIANTS[name].contract ?? ''} | ${INVARIANTS[name].rule} |`),
  ].join('\n');
}
