/** What a person may say to a running upgrade. Packed runs hold their places: new ones come last. */
export const DECISION_KINDS = ['pause', 'resume', 'skip', 'retry', 'force-drain', 'cancel', 'set', 'rollback', 'approve'] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** A person's word: who said it, when, and why. */
export interface Decision {
  /** When the upgrade heard it, ISO. */
  readonly at: string;
  readonly kind: DecisionKind;
  /** Node that it is about; null where it is about the upgrade. */
  readonly node: string | null;
  /** `user@host` from the command line; `unknown` where nobody said. */
  readonly by: string;
  /** Empty where none was given. */
  readonly reason: string;
  /** What was asked for besides, as people write it: `from drainNode`, `maxUnavailable=3`; empty where nothing was. */
  readonly detail: string;
  /** Why it changed nothing; null where it was accepted. */
  readonly refusal: string | null;
}

/** An upgrade remembers this many decisions, the newest ones; older ones are in Temporal's history alone. */
export const MOST_DECISIONS = 50;

/** Adds a decision, and forgets the oldest where there are more than `MOST_DECISIONS`. */
export function withDecision(decisions: readonly Decision[], decision: Decision): readonly Decision[] {
  return [...decisions, decision].slice(-MOST_DECISIONS);
}

/** `[milliseconds since the run's start, place in DECISION_KINDS, node, by, reason, detail, refusal]`. */
export type PackedDecision = readonly [atMs: number, kind: number, node: string | null, by: string, reason: string, detail: string, refusal: string | null];

export function packDecision({ at, kind, node, by, reason, detail, refusal }: Decision, startMs: number): PackedDecision {
  return [Date.parse(at) - startMs, DECISION_KINDS.indexOf(kind), node, by, reason, detail, refusal];
}

export function unpackDecision([atMs, kind, node, by, reason, detail, refusal]: PackedDecision, startMs: number): Decision {
  return { at: new Date(startMs + atMs).toISOString(), kind: DECISION_KINDS[kind] ?? 'pause', node, by, reason, detail, refusal };
}
