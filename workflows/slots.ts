import { condition } from '@temporalio/workflow';
import type { ClusterRunner } from './cluster-run.ts';
import { continueWhereFull } from './continue.ts';

/** Most nodes of a cluster in flight at once, whatever the spec says: what one history can hold. */
export const MOST_IN_FLIGHT = 500;

export interface Slots<T> {
  /** Takes the next thing to start out of what is pending; null where nothing may start now. */
  readonly next: () => T | null;
  readonly isEmpty: () => boolean;
  readonly body: (item: T) => Promise<void>;
  /** What an earlier run of this upgrade left under way: taken up first. */
  readonly resumed: readonly T[];
  /** Milliseconds after which to ask `next` again although nothing changed; null never. */
  readonly askAgainMs: () => number | null;
}

/**
 * Keeps slots filled: whenever the state changes, as much begins as may. Goes on in a new history where this one is full.
 * After an error nothing new begins; it is thrown once what runs has ended.
 */
export async function fillSlots<T>(run: ClusterRunner, { next, isEmpty, body, resumed, askAgainMs }: Slots<T>): Promise<void> {
  const errors: unknown[] = [];
  let busy = 0;
  const begin = async (item: T): Promise<void> => {
    busy += 1;
    try {
      await body(item);
    } catch (error) {
      errors.push(error);
    } finally {
      busy -= 1;
    }
  };
  for (const item of resumed) void begin(item);
  for (;;) {
    const seen = run.changes();
    const seenBusy = busy;
    if (errors.length === 0) await continueWhereFull(run);
    for (let item = errors.length === 0 && !run.history.isFull() ? next() : null; item !== null; item = run.history.isFull() ? null : next()) void begin(item);
    if (busy === 0 && (isEmpty() || errors.length > 0)) break;
    const again = askAgainMs();
    // Looking after nodes in flight fills a history without changing anything.
    const mustGoOn = (): boolean => errors.length === 0 && run.history.isFull();
    const changed = (): boolean => run.changes() !== seen || busy !== seenBusy || mustGoOn();
    await (again === null ? condition(changed) : condition(changed, again));
  }
  if (errors.length > 0) throw errors[0];
}
