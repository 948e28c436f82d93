import { EventEmitter, once } from 'node:events';
import type { StepState } from '../../../activities/hosts/port.ts';
import { Gone } from '../tools/call.ts';
import { ScriptEnd } from './script.ts';

/** What the durable protocol keeps of one step, in memory: the folder that `run-step.sh` makes on a host. */
export interface StepRecord {
  fence: readonly [epoch: number, attempt: number] | null;
  readonly intents: Intent[];
}

export interface Intent {
  readonly number: number;
  readonly retry: number;
  readonly unit: string;
  output: string;
  result: { readonly code: number; readonly begin: number; readonly end: number } | null;
  running: boolean;
  readonly kill: AbortController;
  /** `output` with each new text, `end` once. */
  readonly events: EventEmitter;
}

/** Starts the script of an intent; what it was killed in leaves no result. */
export function startIntent(number: number, retry: number, unit: string, now: () => number, run: (intent: Intent) => Promise<void>, onEnd: (intent: Intent) => void): Intent {
  const intent: Intent = { number, retry, unit, output: '', result: null, running: true, kill: new AbortController(), events: new EventEmitter() };
  intent.events.setMaxListeners(0);
  const begin = now() / 1000;
  void run(intent).then(() => 0, (error: unknown) => {
    if (error instanceof ScriptEnd) return error.exitCode;
    if (error instanceof Gone) return null;
    write(intent, `the twin failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }).then((code) => {
    intent.running = false;
    if (code !== null && !intent.kill.signal.aborted) intent.result = { code, begin, end: now() / 1000 };
    onEnd(intent);
    intent.events.emit('end');
  });
  return intent;
}

export function write(intent: Intent, text: string): void {
  if (intent.kill.signal.aborted) return;
  intent.output += `${text}\n`;
  intent.events.emit('output', `${text}\n`);
}

export async function ended(intent: Intent): Promise<void> {
  if (intent.running) await once(intent.events, 'end');
}

/** What `claim-step.sh` says. */
export function stateOf(record: StepRecord, retry: number): StepState {
  const newest = record.intents.at(-1);
  if (newest === undefined) return 'absent';
  if (newest.running) return 'running';
  if (newest.retry < retry) return 'absent';
  return newest.result === null ? 'interrupted' : 'finished';
}
