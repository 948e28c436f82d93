import { condition } from '@temporalio/workflow';

export interface Window {
  readonly width: number;
  /** Asked before each start; while it says no, nothing new begins and what runs goes on. */
  readonly mayStart: () => boolean;
}

/**
 * Runs `body` for each item in order, at most `width` at a time, refilled as they finish.
 * After an error or a cancel nothing new begins; it is thrown once the running ones ended.
 */
export async function inWindow<T>(items: readonly T[], { width, mayStart }: Window, body: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  const running: Promise<void>[] = [];
  let busy = 0;
  const run = async (item: T): Promise<void> => {
    busy += 1;
    try {
      await body(item);
    } catch (error) {
      errors.push(error);
    } finally {
      busy -= 1;
    }
  };
  try {
    for (const item of items) {
      await condition(() => errors.length > 0 || (busy < width && mayStart()));
      if (errors.length > 0) break;
      running.push(run(item));
    }
  } finally {
    await Promise.all(running);
  }
  if (errors.length > 0) throw errors[0];
}
