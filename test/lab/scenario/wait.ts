/** Waiting for what a test caused, by looking at it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { onHost } from '../lab.ts';
import type { LabState } from '../lab.ts';
import { capstan } from './programs.ts';
import type { Stage } from './programs.ts';

const LOOK_MS = 500;

/** Looks until there is a value. @throws AssertionError that names what was waited for once `limitMs` are over. */
export async function until<T>(what: string, look: () => Promise<T | undefined | null | false>, limitMs: number): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    assert.ok(performance.now() < deadline, `${what}: not seen within ${limitMs / 1000} s`);
    await delay(LOOK_MS);
  }
}

/** Waits until a shell command on a host prints something. */
export async function untilOnHost(lab: LabState, node: string, command: string, limitMs = 600_000): Promise<string> {
  return until(`${node}: ${command}`, async () => {
    const text = await onHost(lab, node, command, { accept: [0, 1] });
    return text === '' ? null : text;
  }, limitMs);
}

/** Waits until a command that needs the server, or server and worker, ends well. */
export async function untilAnswered(stage: Stage, command: readonly string[], limitMs = 180_000): Promise<void> {
  await until(`capstan ${command.join(' ')}`, async () => (await capstan(stage, command)).code === 0, limitMs);
}

/** Looks every second for `ms`, and returns the last look. @throws AssertionError at the first look without a value. */
export async function stays<T>(ms: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const seen = await look();
    assert.ok(seen !== undefined, 'what should have stayed has changed');
    if (performance.now() > end) return seen;
    await delay(1000);
  }
}
