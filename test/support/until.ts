import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds; fails after two minutes, or what `limitMs` says. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 120_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
    await delay(20);
  }
}
