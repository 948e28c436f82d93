import { EventEmitter, once } from 'node:events';
import type { StepState } from '../../../activities/hosts/port.ts';
import { Gone } from '../tools/call.ts';
import { ScriptEnd } from './script.ts';

/** What the durable protocol keeps of one step, in memory: the folder that `run-step.sh` makes on a host. */
export interface StepRecord {
  /** Callers so far, oldest first. */
  readonly fence: FenceLine[];
  readonly intents: Intent[];
}

export type FenceLine = readonly [turn: number, run: number, order: number, attempt: number, time: number];

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

/** As `pass_fence` of fence.sh: turn, run and attempt of the caller that has replaced this one; null where none has. */
export function laterCaller(lines: readonly FenceLine[], own: FenceLine): readonly [turn: number, run: number, attempt: number] | null {
  const later = lines.find((line) => isOfLaterActivity(line, own));
  if (later !== undefined) return [later[0], later[1], later[3]];
  const same = lines.filter((line) => line[0] === own[0] && line[1] === own[1] && line[2] === own[2]);
  const last = same.at(-1);
  if (last === undefined || (last[3] === own[3] && last[4] === own[4])) return null;
  const mostAttempt = Math.max(...same.map((line) => line[3]));
  const isOlder = own[3] <= mostAttempt && own[4] <= Math.max(...same.map((line) => line[4]));
  return isOlder ? [own[0], own[1], mostAttempt] : null;
}

function isOfLaterActivity([turn, run, order]: FenceLine, [ownTurn, ownRun, ownOrder]: FenceLine): boolean {
  if (turn !== ownTurn) return turn > ownTurn;
  return run === ownRun ? order > ownOrder : run > ownRun;
}
