import { CancellationScope, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { RestoredNodeRun, RestoreRun } from './domain/restore-run.ts';
import { TALKATIVE_NODES } from './domain/run.ts';
import { restoreProgressSignal } from './messages.ts';
import type { RestoreProgressMessage } from './messages.ts';

export interface RestoreTeller {
  /** Tells how a node stands, soon: what changes meanwhile goes in one message. */
  readonly tell: (node: RestoredNodeRun) => void;
  /** Resolves when everything has been delivered. */
  readonly told: () => Promise<void>;
}

/** Tells the upgrade that runs a restore how its nodes stand. Where there are many, only of those that are held, or were: each message costs its history. */
export function openRestoreTeller(parent: string | null, state: RestoreRun): RestoreTeller {
  const waiting = new Set<RestoredNodeRun>();
  const heard = new Set<string>();
  let sending: Promise<void> = Promise.resolve();
  let isSending = false;
  let toldStopped = false;

  async function send(to: string): Promise<void> {
    while (waiting.size > 0) {
      const message: RestoreProgressMessage = {
        stopped: state.isStopped, nodes: [...waiting].map(({ name, state: entered, step, failure }) => ({ node: name, state: entered, step, failure })),
      };
      waiting.clear();
      try {
        await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(to).signal(restoreProgressSignal, message));
      } catch (error) {
        // The upgrade was terminated: the restore is finished without it.
        log.warn('progress not delivered', { cause: String(error) });
      }
    }
    isSending = false;
  }

  function isWorthTelling({ name, state: entered }: RestoredNodeRun): boolean {
    if (state.isStopped && !toldStopped) return (toldStopped = true);
    if (state.nodes.length <= TALKATIVE_NODES) return true;
    if (entered === 'held') heard.add(name);
    return heard.has(name);
  }

  return {
    tell: (node) => {
      if (parent === null || !isWorthTelling(node)) return;
      waiting.add(node);
      if (isSending) return;
      isSending = true;
      sending = send(parent);
    },
    told: () => sending,
  };
}
