import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Every history that is replayed: a folder for each version of Capstan, and in it one for each workflow. */
export const HISTORIES = new URL('../histories/', import.meta.url);

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** A history as it is kept. */
export interface KeptHistory {
  readonly events: readonly Record<string, unknown>[];
}

/** Version of Capstan that records now. */
export function currentVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json');
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string') return `v${manifest.version}`;
  throw new Error('package.json has no version');
}

/** Names of all kept histories, as `v0.1.0/upgrade-node/worker-held`, in order. */
export async function keptHistories(): Promise<readonly string[]> {
  const files = await readdir(HISTORIES, { recursive: true });
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length)).toSorted();
}

export async function readHistory(name: string): Promise<KeptHistory> {
  return JSON.parse(await readFile(new URL(`${name}.json`, HISTORIES), 'utf8'));
}

/** Forgets what this version has recorded before. */
export async function clearHistories(version: string): Promise<void> {
  await rm(new URL(`${version}/`, HISTORIES), { recursive: true, force: true });
}

// `PROCESS@HOST`, with an id where it names the queue of one worker.
const PROCESS = /^\d+@\S+$/;

/** Keeps a history, without the name of the machine that recorded it. */
export async function writeHistory(name: string, history: History): Promise<void> {
  const kept: unknown = JSON.parse(historyToJSON(history), (_key, value: unknown) => (typeof value === 'string' && PROCESS.test(value) ? 'recorder' : value));
  const file = new URL(`${name}.json`, HISTORIES);
  await mkdir(dirname(file.pathname), { recursive: true });
  await writeFile(file, `${JSON.stringify(kept)}\n`);
}

/** The history once the worker has answered to all that happened: what a new worker would begin with. */
export async function settledHistory(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<History> {
  for (;;) {
    const history = await handle.fetchHistory();
    const events = history.events ?? [];
    const answered = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
    const asked = events.findLastIndex((event) => event.workflowTaskScheduledEventAttributes);
    if (answered > asked) return history;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
