import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds; fails after 30 seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited 30 s in vain: ${what}`);
    await delay(20);
  }
}
