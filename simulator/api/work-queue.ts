import type { Clock } from '../clock.ts';

/** Keys that something must be done for, each once however often it was named meanwhile. */
export interface WorkQueue {
  add(key: string): void;
  /** Does at once what is queued; true where there was anything. */
  flush(): boolean;
}

/** @param delayMs how far a controller is behind what happens, in the twin's time. */
export function createWorkQueue(clock: Clock, delayMs: number | (() => number), work: (key: string) => void): WorkQueue {
  let keys = new Set<string>();
  let scheduled = false;

  function flush(): boolean {
    const due = keys;
    keys = new Set();
    for (const key of due) work(key);
    return due.size > 0;
  }

  return {
    add: (key) => {
      keys.add(key);
      if (scheduled) return;
      scheduled = true;
      clock.after(typeof delayMs === 'number' ? delayMs : delayMs(), () => {
        scheduled = false;
        flush();
      });
    },
    flush,
  };
}
