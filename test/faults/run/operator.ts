import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../../client/command-error.ts';
import { EXIT } from '../../../client/exit-codes.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { Random } from '../../../simulator/random.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';
import type { HoldDecision } from '../invariants/events.ts';
import { choose, decideAs } from './decide.ts';
import { NOBODY, say, unlessRefused } from './speak.ts';
import type { Script } from './speak.ts';
import { wordText } from './words.ts';
import type { PlacedWord } from './words.ts';

export interface OperatorOptions {
  readonly client: UpgradeClient;
  readonly cluster: string;
  readonly random: Random;
  /** What the person says besides. */
  readonly script: Script;
  /** Nodes that may be given up. */
  readonly mayGiveUp: (node: string) => boolean;
  /** Called before the decision is sent: what was wrong with the node is mended. */
  readonly onDecision: (node: string, decision: HoldDecision, reason: string) => void;
  /** Called before a word is sent. */
  readonly onWord: (word: PlacedWord) => void;
  /** Real time since anything happened to the cluster. */
  readonly quietMs: () => number;
  /** When nothing happens for so long, the upgrade counts as stuck: a busy machine is slow, and goes on. */
  readonly limitMs: number;
}

/** How a run came to its end; `report` null where it did not. */
export interface Outcome {
  readonly report: UpgradeReport | null;
  /** What was decided about held nodes. */
  readonly decisions: readonly HoldDecision[];
  /** What was said besides, and was not refused. */
  readonly said: readonly PlacedWord[];
  /** Why it was given up; empty where it was not. */
  readonly reason: string;
}

/** Held nodes are looked for this often: Temporal tells nobody that an upgrade is held. */
const LOOK_MS = 2_000;
/** A node that is held again and again is never going to be done. */
const MOST_HOLDS = 6;
/** An upgrade that somebody paused goes on after so many ms. */
const LONGEST_PAUSE_MS = 4_000;

/** Stays with an upgrade as a person on call does: decides about each held node and says what the seed wants said, until the upgrade has ended. */
export async function operate(options: OperatorOptions): Promise<Outcome> {
  const { client, cluster, limitMs, quietMs, script } = options;
  const desk = openDesk(options);
  const outcome = (report: UpgradeReport | null, reason: string): Outcome => ({ report, decisions: desk.decisions, said: desk.said, reason });
  for (;;) {
    const state = await unlessAway(async () => (await client.find(cluster))?.state ?? null);
    // Somebody else has, and undoes it soon.
    if (state === 'paused in Temporal') {
      await untilNextLook(script);
      continue;
    }
    if (state !== null && state !== 'running' && state !== 'paused' && state !== 'held') return outcome(await client.report(cluster), '');
    await unlessAway(() => desk.speak());
    if (state === 'held') await unlessAway(() => desk.decide());
    if (state === 'paused' || state === 'held') await unlessAway(() => desk.resume());
    if (desk.problem() !== null) return outcome(null, desk.problem() ?? '');
    if (quietMs() > limitMs) return outcome(null, `it did not end, and nothing has happened for ${limitMs / 1000} s`);
    await untilNextLook(script);
  }
}

async function untilNextLook(script: Script): Promise<void> {
  const waiting = new AbortController();
  const end = script.onDue(() => { waiting.abort(); });
  await delay(LOOK_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
  end();
}

/** What the person has said and decided so far. */
function openDesk({ client, cluster, random, script, mayGiveUp, onDecision, onWord }: OperatorOptions) {
  const decided = new Map<string, string>();
  const holds = new Map<string, number>();
  const decisions: HoldDecision[] = [];
  const said: PlacedWord[] = [];
  let pausedMs: number | null = null;

  async function speak(): Promise<void> {
    for (const word of script.due()) {
      onWord(word);
      const accepted = await say(client, cluster, word);
      // What cannot be done yet is asked again: a worker that is under way can go back when it is done.
      if (!accepted && word.word.startsWith('rollback')) continue;
      script.done(word);
      if (accepted) said.push(word);
    }
  }

  async function decide(): Promise<void> {
    const { nodes } = await client.status(cluster);
    for (const held of nodes) {
      const { name: node, state, since, failure } = held;
      // A skip takes its time: what was decided is not decided again while the node is still held for the same reason.
      if (state !== 'held' || decided.get(node) === since) continue;
      const choice = choose(held, random, mayGiveUp(node));
      onDecision(node, choice.decision, failure?.message ?? '');
      await decideAs(choice, node, client, cluster);
      decided.set(node, since ?? '');
      holds.set(node, (holds.get(node) ?? 0) + 1);
      decisions.push(choice.decision);
    }
  }

  async function resume(): Promise<void> {
    if (said.length === 0 || script.keepsPaused || (await client.status(cluster)).pause === null) return;
    pausedMs ??= performance.now() + random.below(LONGEST_PAUSE_MS);
    if (performance.now() < pausedMs) return;
    await unlessRefused(() => client.send(cluster, { kind: 'resume', message: { by: NOBODY, reason: 'by the seed' } }));
    pausedMs = null;
  }

  function problem(): string | null {
    const worst = [...holds].find(([, times]) => times > MOST_HOLDS);
    return worst === undefined ? null : `${worst[0]} was held ${worst[1]} times`;
  }

  return { speak, decide, resume, problem, decisions, said };
}

/** One line for each kind of what was said and decided, the most frequent first. */
export function countsOf(texts: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([, one], [, other]) => other - one).map(([text, count]) => `${text} ${count}`);
}

/** What a person said, for the line of a seed. */
export function saidText({ said, decisions }: Pick<Outcome, 'said' | 'decisions'>): string {
  return [...said.map(wordText), ...decisions].join(', ');
}

/** Null while Temporal or its worker is away, or has no time: that is one of the faults. */
export async function unlessAway<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CommandError && (error.exitCode === EXIT.unreachable || error.exitCode === EXIT.held)) return null;
    throw error;
  }
}
