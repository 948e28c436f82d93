import { setTimeout as delay } from 'node:timers/promises';
import type { NodeState } from '../workflows/domain/state.ts';
import { CommandError } from './command-error.ts';
import { readView } from './commands/status.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { openScreen } from './render/screen.ts';
import type { StatusView } from './render/status.ts';
import { timeOf } from './render/text.ts';
import type { UpgradeClient } from './temporal/port.ts';

/** How often the status is read; the end is noticed at once. */
const REFRESH_MS = 1_000;

const AT_REST: readonly NodeState[] = ['pending', 'done', 'skipped', 'held', 'rolled-back'];

/**
 * Shows an upgrade until Temporal has its end or only a person can move it, and gives the exit code of that outcome.
 * A worker or a Temporal that is away for a while ends nothing: the upgrade goes on when they are back. A Temporal that comes back
 * with another upgrade of the cluster ends it with an error: that one's outcome is not the one that was waited for.
 */
export async function follow(context: CommandContext, client: UpgradeClient, cluster: string): Promise<ExitCode> {
  const { terminal, onInterrupt } = context;
  onInterrupt(`The upgrade of ${cluster} goes on. Attach again with: capstan watch --cluster ${cluster}`);
  const screen = openScreen(terminal);
  const over = new AbortController();
  const firstRun = once(() => client.firstRun(cluster));
  let end = awaitEnd(client, cluster, firstRun, over.signal);
  try {
    for (;;) {
      const ended = end.state();
      const view = await read(client, cluster, firstRun, screen.note);
      if (view !== null) {
        screen.show(view);
        const outcome = outcomeOf(view);
        // A worker tells of an end before Temporal has written it down: until then the next upgrade would be refused.
        const isWritten = ended === 'ended' || ended instanceof CommandError;
        if (outcome === EXIT.held || (outcome !== null && isWritten)) {
          screen.end();
          terminal.say(conclusion(view, outcome));
          return outcome;
        }
      }
      if (view === null && ended instanceof CommandError) throw ended;
      await Promise.race([delay(REFRESH_MS, undefined, { signal: over.signal }), ...(ended === 'waiting' ? [end.settled] : [])]);
      if (end.state() === 'broken') end = awaitEnd(client, cluster, firstRun, over.signal);
    }
  } finally {
    over.abort();
    onInterrupt(null);
  }
}

/** 0, 4, 5 or 6 where nothing more happens by itself; null while it does. */
function outcomeOf(view: StatusView): ExitCode | null {
  switch (view.state) {
    case 'done': return EXIT.ok;
    case 'rolled-back': return EXIT.rolledBack;
    case 'failed':
    case 'cancelled': return EXIT.failed;
    case 'held':
    case 'paused': return isAtRest(view) ? EXIT.held : null;
    case 'running': return null;
  }
}

function isAtRest({ nodes, activities, resuming }: StatusView): boolean {
  return resuming === undefined && activities.length === 0 && nodes.every(({ state }) => AT_REST.includes(state));
}

function conclusion({ cluster, state, from, to, approval, restore }: StatusView, outcome: ExitCode): string {
  if (outcome === EXIT.ok) return `\n${cluster} is at ${to}. What each step took: capstan report --cluster ${cluster}`;
  if (outcome === EXIT.rolledBack && restore !== undefined) return `\n${cluster} is back at ${restore.to}, as it was at ${timeOf(restore.takenAt)}. What was done: capstan report --cluster ${cluster}`;
  if (outcome === EXIT.rolledBack) return `\nThe workers of ${cluster} are back at ${from}; its control plane stays at ${to}. What was done: capstan report --cluster ${cluster}`;
  if (outcome === EXIT.failed) return `\nThe upgrade of ${cluster} ended: ${state}. What was done: capstan report --cluster ${cluster}`;
  if (approval !== undefined) return `\nThe upgrade of ${cluster} is ${state} and waits for a person: ${approval.reason}. Go on with: capstan approve --cluster ${cluster}`;
  return `\nThe upgrade of ${cluster} is ${state} and waits for a person. ${state === 'paused' ? `Go on with: capstan resume --cluster ${cluster}` : 'Retry the node, skip it or roll it back as shown above.'}`;
}

/** The status; null where nobody answers now, which is said once and tried again. */
async function read(client: UpgradeClient, cluster: string, firstRun: () => Promise<string>, note: (words: string) => void): Promise<StatusView | null> {
  try {
    return await readView(client, cluster, await firstRun());
  } catch (error) {
    if (!isPassing(error)) throw error;
    note(`${error.message}. Trying again; the upgrade waits where it is.`);
    return null;
  }
}

interface End {
  /** A `CommandError` where the upgrade was ended from outside. */
  readonly state: () => 'waiting' | 'ended' | 'broken' | CommandError;
  readonly settled: Promise<void>;
}

function awaitEnd(client: UpgradeClient, cluster: string, firstRun: () => Promise<string>, signal: AbortSignal): End {
  let state: ReturnType<End['state']> = 'waiting';
  const settled = firstRun().then((first) => client.ended(cluster, signal, first)).then(
    () => { state = 'ended'; },
    (error: unknown) => { state = error instanceof CommandError && !isPassing(error) ? error : 'broken'; },
  );
  return { state: () => state, settled };
}

/** Asks until it is answered once. */
function once(ask: () => Promise<string>): () => Promise<string> {
  let asked: Promise<string> | null = null;
  return () => {
    asked ??= ask().catch((error: unknown) => {
      asked = null;
      throw error;
    });
    return asked;
  };
}

function isPassing(error: unknown): error is CommandError {
  return error instanceof CommandError && error.exitCode === EXIT.unreachable;
}
