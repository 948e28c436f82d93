import type { Cordon, EtcdState, LooseningWord, TwinEvent } from './events.ts';

/** All that invariants need to know of what happened before an event. */
export interface Memory {
  readonly cordons: Readonly<Record<string, Cordon>>;
  readonly tainted: Readonly<Record<string, boolean>>;
  readonly isLocked: boolean;
  readonly hasSnapshot: boolean;
  /** Newest intent of each `node/step`. */
  readonly intents: Readonly<Record<string, IntentMemory>>;
  /** How often each effect came about, by `effectKey`. */
  readonly effects: Readonly<Record<string, number>>;
  /** Intents of a node that ended without a result, and decisions to retry it: each allows one more run. */
  readonly secondRuns: Readonly<Record<string, number>>;
  readonly retries: Readonly<Record<string, number>>;
  /** Nodes that a person sent back, and nodes whose drain a person forced. */
  readonly sentBack: Readonly<Record<string, boolean>>;
  readonly forced: Readonly<Record<string, boolean>>;
  /** A person sent all workers back. */
  readonly allSentBack: boolean;
  /** A person sent the whole cluster back. */
  readonly isRestored: boolean;
  readonly isCancelled: boolean;
  /** The widest window that a person has set; 0 where nobody has. */
  readonly widest: number;
  /** Real time since when etcd has not been whole; null while it is. */
  readonly brokenSinceMs: number | null;
  /** Who leads, and since when. */
  readonly leader: { readonly node: string | null; readonly sinceMs: number };
}

export interface IntentMemory {
  readonly number: number;
  readonly state: 'running' | 'finished' | 'interrupted';
  /** Decisions to retry the node until it was started. */
  readonly retries: number;
}

export const NOTHING_YET: Memory = {
  cordons: {}, tainted: {}, isLocked: false, hasSnapshot: false, intents: {}, effects: {}, secondRuns: {}, retries: {},
  sentBack: {}, forced: {}, allSentBack: false, isRestored: false, isCancelled: false, widest: 0, brokenSinceMs: null, leader: { node: null, sinceMs: 0 },
};

/** What is known after an event. */
export function remember(memory: Memory, event: TwinEvent): Memory {
  return own(withEtcd(memory, event), event);
}

function own(memory: Memory, event: TwinEvent): Memory {
  switch (event.kind) {
    case 'node': return { ...memory, cordons: { ...memory.cordons, [event.node]: event.cordon }, tainted: { ...memory.tainted, [event.node]: event.isTainted } };
    case 'lease': return { ...memory, isLocked: event.isHeld };
    case 'effect': return { ...memory, hasSnapshot: memory.hasSnapshot || event.effect === 'etcd snapshot taken', effects: counted(memory.effects, effectKey(event)) };
    case 'step': return withStep(memory, event);
    case 'decision': return withDecision(memory, event);
    case 'word': return withWord(memory, event.word);
    case 'removal': case 'ended': return memory;
  }
}

function withDecision(memory: Memory, { node, decision }: Extract<TwinEvent, { kind: 'decision' }>): Memory {
  if (decision === 'skip') return memory;
  const again = { ...memory, retries: counted(memory.retries, node), secondRuns: counted(memory.secondRuns, node) };
  switch (decision) {
    case 'retry': case 'retry-from': return again;
    case 'rollback': return { ...again, sentBack: { ...memory.sentBack, [node]: true } };
    case 'force-drain': return { ...again, forced: { ...memory.forced, [node]: true } };
  }
}

function withWord(memory: Memory, word: LooseningWord): Memory {
  switch (word.kind) {
    case 'cancel': return { ...memory, isCancelled: true };
    case 'restore': return { ...memory, isRestored: true };
    // A window that is narrowed takes nothing back: the widest one holds.
    case 'set': return { ...memory, widest: Math.max(memory.widest, word.maxUnavailable) };
    case 'rollback': return word.node === null ? { ...memory, allSentBack: true } : { ...memory, sentBack: { ...memory.sentBack, [word.node]: true } };
  }
}

function withStep(memory: Memory, { node, step, moment, intent }: Extract<TwinEvent, { kind: 'step' }>): Memory {
  const key = `${node}/${step}`;
  switch (moment) {
    case 'asked': case 'superseded': return memory;
    case 'started': return { ...memory, intents: { ...memory.intents, [key]: { number: intent, state: 'running', retries: memory.retries[node] ?? 0 } } };
    case 'finished': case 'interrupted': {
      const known = memory.intents[key];
      const intents = known === undefined ? memory.intents : { ...memory.intents, [key]: { ...known, state: moment } };
      return { ...memory, intents, secondRuns: moment === 'interrupted' ? counted(memory.secondRuns, node) : memory.secondRuns };
    }
  }
}

/** One effect on one node; what was fetched for a check is another thing than what is fetched to be installed. */
export function effectKey({ node, effect, detail }: Extract<TwinEvent, { kind: 'effect' }>): string {
  return `${node}/${effect} ${detail}`;
}

/** True where every member runs and votes, no alarm is set and one leads: the gate of contract 2. */
export function isWhole({ members, alarms, leader }: EtcdState): boolean {
  return members.every(({ running, learner }) => running && !learner) && alarms === 0 && leader !== null;
}

function withEtcd(memory: Memory, { atMs, etcd }: TwinEvent): Memory {
  const brokenSinceMs = isWhole(etcd) ? null : memory.brokenSinceMs ?? atMs;
  const leader = memory.leader.node === etcd.leader ? memory.leader : { node: etcd.leader, sinceMs: atMs };
  return { ...memory, brokenSinceMs, leader };
}

function counted(counts: Readonly<Record<string, number>>, key: string): Readonly<Record<string, number>> {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}
