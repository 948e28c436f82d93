import type { Random } from '../../../simulator/random.ts';

/** What a person may say of an upgrade that goes on, besides deciding about held nodes. */
export const WORDS = ['pause', 'pause --now', 'pause --after', 'skip', 'set', 'cancel', 'rollback', 'rollback --scope workers', 'rollback --scope cluster'] as const;
export type Word = (typeof WORDS)[number];

/** A word and when it is said. */
export interface PlacedWord {
  readonly word: Word;
  /** Worker that it is about, after which to pause, or that must be done before the cluster goes back; null where it is about the upgrade. */
  readonly node: string | null;
  /** Of `pause --after`, where it names no node. */
  readonly phase: string | null;
  /** It is said once the upgrade has cordoned so many nodes, and so many ms of real time later. */
  readonly afterCordons: number;
  readonly delayMs: number;
  /** Of `set`. */
  readonly policy: { readonly maxUnavailable: number; readonly drainTimeout: string } | null;
}

export interface WordsOptions {
  readonly random: Random;
  /** That nobody cordoned before. */
  readonly workers: readonly string[];
  readonly controlPlanes: number;
  /** Widest window that may be set. */
  readonly widest: number;
}

/** One seed in so many has a word, and of those one in so many a second one. */
const ONE_IN = 3;
const SECOND_IN = 4;
const LATEST_MS = 2_000;
const PHASES = ['snapshot', 'control-plane', 'workers'] as const;

/** What the person of a seed says: nothing in most of them. */
export function dealWords(options: WordsOptions): readonly PlacedWord[] {
  const { random } = options;
  if (random.below(ONE_IN) !== 0) return [];
  const first = pick(random, WORDS);
  if (random.below(SECOND_IN) !== 0) return [place(first, options)];
  return [place(first, options), place(pick(random, WORDS.filter((word) => word !== first)), options)];
}

/** A worker goes back for certain: the upgrade waits after it until it was sent. */
export function wordsToSendBack(node: string): readonly PlacedWord[] {
  const at = { phase: null, afterCordons: 0, delayMs: 0, policy: null };
  return [{ ...at, word: 'pause --after', node }, { ...at, word: 'rollback', node }];
}

/** The whole cluster goes back once a worker is upgraded: the upgrade waits after it until that was said. */
export function wordsToRestore(node: string): readonly PlacedWord[] {
  const at = { phase: null, afterCordons: 0, delayMs: 0, policy: null };
  return [{ ...at, word: 'pause --after', node }, { ...at, word: 'rollback --scope cluster', node }];
}

/** A worker is skipped before its turn. */
export function wordsToSkip(node: string): readonly PlacedWord[] {
  return [{ word: 'skip', node, phase: null, afterCordons: 1, delayMs: 0, policy: null }];
}

function place(word: Word, { random, workers, controlPlanes, widest }: WordsOptions): PlacedWord {
  const nodes = controlPlanes + workers.length;
  const any = random.below(nodes);
  const late = controlPlanes + random.below(Math.max(1, workers.length - 1));
  const worker = pick(random, workers);
  const phase = random.below(2) === 0 ? pick(random, PHASES) : null;
  const delayMs = random.below(LATEST_MS);
  const policy = { maxUnavailable: 1 + random.below(widest), drainTimeout: `${10 + random.below(20)}s` };
  const plain: PlacedWord = { word, node: null, phase: null, afterCordons: any, delayMs, policy: null };
  switch (word) {
    case 'pause': case 'pause --now': return plain;
    case 'pause --after': return phase === null ? { ...plain, node: worker, afterCordons: 0 } : { ...plain, phase, afterCordons: 0 };
    case 'skip': return { ...plain, node: worker };
    case 'set': return { ...plain, policy };
    // Near the end of the seed's life, so that most of its faults have happened.
    case 'cancel': case 'rollback --scope workers': case 'rollback --scope cluster': return { ...plain, afterCordons: late };
    case 'rollback': return { ...plain, node: worker, afterCordons: controlPlanes };
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[random.below(from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

/** As a person types it. */
export function wordText({ word, node, phase, policy }: PlacedWord): string {
  const what = word === 'rollback --scope cluster' ? '' : node ?? phase ?? '';
  const set = policy === null ? '' : `maxUnavailable=${policy.maxUnavailable} drainTimeout=${policy.drainTimeout}`;
  return [word, what, set].filter((part) => part !== '').join(' ');
}
