import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../../client/command-error.ts';
import { EXIT } from '../../../client/exit-codes.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { Random } from '../../../simulator/random.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';

export type Decision = 'retry' | 'skip';

export interface OperatorOptions {
  readonly client: UpgradeClient;
  readonly cluster: string;
  readonly random: Random;
  /** Nodes that may be given up. */
  readonly maySkip: (node: string) => boolean;
  /** Called before the decision is sent: what was wrong with the node is mended. */
  readonly onDecision: (node: string, decision: Decision, reason: string) => void;
  /** Real time after which the upgrade counts as stuck. */
  readonly limitMs: number;
}

/** How a run came to its end; `report` null where it did not. */
export interface Outcome {
  readonly report: UpgradeReport | null;
  readonly decisions: number;
  /** Why it was given up; empty where it was not. */
  readonly reason: string;
}

/** Held nodes are looked for this often: Temporal tells nobody that an upgrade is held. */
const LOOK_MS = 2_000;
/** A node that is held again and again is never going to be done. */
const MOST_HOLDS = 6;

/** Stays with an upgrade as a person on call does: decides about each held node, by the seed, until the upgrade has ended. */
export async function operate(options: OperatorOptions): Promise<Outcome> {
  const { client, cluster, limitMs } = options;
  const decided = new Map<string, string>();
  const holds = new Map<string, number>();
  const deadlineMs = performance.now() + limitMs;
  let decisions = 0;
  for (;;) {
    const state = await unlessAway(async () => (await client.find(cluster))?.state ?? null);
    if (state === 'held') decisions += await unlessAway(() => decide(options, decided, holds)) ?? 0;
    else if (state !== null && state !== 'running' && state !== 'paused') return { report: await client.report(cluster), decisions, reason: '' };
    const worst = [...holds].find(([, times]) => times > MOST_HOLDS);
    if (worst !== undefined) return { report: null, decisions, reason: `${worst[0]} was held ${worst[1]} times` };
    if (performance.now() > deadlineMs) return { report: null, decisions, reason: `it did not end within ${limitMs / 1000} s` };
    await delay(LOOK_MS);
  }
}

async function decide({ client, cluster, random, maySkip, onDecision }: OperatorOptions, decided: Map<string, string>, holds: Map<string, number>): Promise<number> {
  const { nodes } = await client.status(cluster);
  let decisions = 0;
  for (const { name: node, state, since, failure } of nodes) {
    // A skip takes its time: what was decided is not decided again while the node is still held for the same reason.
    if (state !== 'held' || decided.get(node) === since) continue;
    const decision: Decision = maySkip(node) && random.below(2) === 0 ? 'skip' : 'retry';
    onDecision(node, decision, failure?.message ?? '');
    const message = { node, by: 'operator@faults', reason: 'by the seed' };
    await client.send(cluster, decision === 'skip' ? { kind: 'skipNode', message } : { kind: 'retryNode', message: { node, by: message.by } });
    decided.set(node, since ?? '');
    holds.set(node, (holds.get(node) ?? 0) + 1);
    decisions += 1;
  }
  return decisions;
}

/** Null while Temporal or its worker is away, or has no time: that is one of the faults. */
export async function unlessAway<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.unreachable) return null;
    throw error;
  }
}
