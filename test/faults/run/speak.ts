import { CommandError } from '../../../client/command-error.ts';
import { EXIT } from '../../../client/exit-codes.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { Twin } from '../../../simulator/twin.ts';
import type { LooseningWord } from '../invariants/events.ts';
import type { PlacedWord } from './words.ts';

/** Words whose time has come. */
export interface Script {
  /** Said neither before nor in vain. */
  due(): readonly PlacedWord[];
  /** True as long as a word is to come for which the upgrade stays paused. */
  readonly keepsPaused: boolean;
  /** It was said; no more of it. */
  done(word: PlacedWord): void;
  /** Calls back when another one is due. Returns how to end it. */
  onDue(callback: () => void): () => void;
  stop(): void;
}

export const NOBODY = 'operator@faults';

/** Follows a twin and says which words are due. `may` false holds one back. */
export function openScript(words: readonly PlacedWord[], twin: Twin, speed: number, may: (word: PlacedWord) => boolean): Script {
  const waiting = new Set(words);
  const due = new Set<PlacedWord>();
  const listeners = new Set<() => void>();
  let cordons = 0;
  function look(): void {
    for (const word of waiting) {
      if (word.afterCordons > cordons) continue;
      waiting.delete(word);
      twin.clock.after(word.delayMs * speed, () => {
        due.add(word);
        for (const listener of listeners) listener();
      });
    }
  }
  const stop = twin.journal.subscribe(({ effect }) => {
    if (effect !== 'cordoned') return;
    cordons += 1;
    look();
  });
  look();
  return {
    due: () => [...due].filter(may),
    get keepsPaused() { return [...waiting, ...due].some(({ word, node }) => word === 'rollback --scope cluster' && node !== null); },
    done: (word) => { due.delete(word); },
    onDue: (callback) => {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    stop,
  };
}

/** What a word allows besides; null where it allows nothing more. */
export function looseningOf({ word, node, policy }: PlacedWord): LooseningWord | null {
  switch (word) {
    case 'cancel': return { kind: 'cancel' };
    case 'rollback': return { kind: 'rollback', node };
    case 'rollback --scope workers': return { kind: 'rollback', node: null };
    case 'rollback --scope cluster': return { kind: 'restore' };
    case 'set': return policy === null ? null : { kind: 'set', maxUnavailable: policy.maxUnavailable };
    case 'pause': case 'pause --now': case 'pause --after': case 'skip': return null;
  }
}

/** Says a word; false where the upgrade refused it, or is over, and nothing was changed. A signal that is refused only shows in its decisions. */
export async function say(client: UpgradeClient, cluster: string, placed: PlacedWord): Promise<boolean> {
  const said = { by: NOBODY, reason: 'by the seed' };
  const node = placed.node ?? '';
  switch (placed.word) {
    case 'pause': return unlessRefused(() => client.send(cluster, { kind: 'pause', message: said }));
    case 'pause --now': return unlessRefused(() => client.send(cluster, { kind: 'pause', message: { now: true, ...said } }));
    case 'pause --after': return unlessRefused(() => client.send(cluster, { kind: 'pause', message: { after: placed.phase ?? node, ...said } }));
    case 'skip': return unlessRefused(() => client.send(cluster, { kind: 'skipNode', message: { node, ...said } }));
    case 'cancel': return unlessRefused(() => client.send(cluster, { kind: 'cancel', message: said }));
    case 'set': return unlessRefused(() => client.update(cluster, { kind: 'setPolicy', message: { ...placed.policy, ...said } }));
    case 'rollback': return unlessRefused(() => client.update(cluster, { kind: 'rollback', message: { scope: 'node', node, ...said } }));
    case 'rollback --scope workers': return unlessRefused(() => client.update(cluster, { kind: 'rollback', message: { scope: 'workers', ...said } }));
    case 'rollback --scope cluster': return unlessRefused(() => client.update(cluster, { kind: 'rollback', message: { scope: 'cluster', confirm: cluster, ...said } }));
  }
}

/** False where the upgrade answers no, or has ended. */
export async function unlessRefused(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.error) return false;
    throw error;
  }
}
