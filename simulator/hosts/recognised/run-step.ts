import type { Machine } from '../machine.ts';
import type { StepMoment } from '../steps.ts';
import { ended, laterCaller, startIntent, stateOf } from './durable.ts';
import type { FenceLine, Intent, StepRecord } from './durable.ts';
import { Gone } from '../tools/call.ts';

const TAIL = 8192;

/** Arguments of run-step.sh, in its order; those of claim-step.sh are the first seven of them. */
interface StepArguments {
  readonly upgrade: string;
  readonly node: string;
  readonly step: string;
  readonly unit: string;
  readonly retry: number;
  readonly token: FenceLine;
  readonly after: number;
  readonly follow: boolean;
}

export interface Outputs {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * run-step.sh over steps in memory: the same decisions, and the same words on standard error.
 * @throws Gone where the request is lost on its way.
 */
export async function runStep(machine: Machine, steps: Map<string, StepRecord>, args: readonly string[], outputs: Outputs, run: (intent: Intent) => Promise<void>): Promise<void> {
  const step = read(args);
  const say = (text: string): void => { outputs.err(`capstan: ${text}\n`); };
  const record = recordOf(steps, args);
  const tell = (moment: StepMoment, intent = record.intents.at(-1)): boolean => machine.world.steps.tell({ moment, node: step.node, step: step.step, intent: intent?.number ?? 0, retry: step.retry });
  if (!tell('asked')) throw new Gone();
  if (!passesFence(record, step, say)) {
    tell('superseded');
    return;
  }
  const { how, intent } = decide(machine, record, step, run, tell);
  const from = how === 'attached' ? Math.max(0, Buffer.byteLength(intent.output) - TAIL) : 0;
  say(`${how} ${String(intent.number)}`);
  if (how === 'started' || how === 'attached') await follow(intent, step.follow ? outputs.out : null, from);
  report(intent, how, from, say);
  outputs.err(Buffer.from(intent.output).subarray(-TAIL).toString('utf8'));
}

/** claim-step.sh over the same. Nobody is told of it: it neither begins nor ends anything. */
export function claimStep(steps: Map<string, StepRecord>, args: readonly string[], err: Outputs['err']): void {
  const step = read(args);
  const say = (text: string): void => { err(`capstan: ${text}\n`); };
  const record = recordOf(steps, args);
  if (passesFence(record, step, say)) say(`state ${stateOf(record, step.retry)}`);
}

function passesFence(record: StepRecord, step: StepArguments, say: (text: string) => void): boolean {
  const later = laterCaller(record.fence, step.token);
  if (later !== null) {
    say(`superseded ${later.map(String).join(' ')}`);
    return false;
  }
  record.fence.push(step.token);
  return true;
}

function recordOf(steps: Map<string, StepRecord>, args: readonly string[]): StepRecord {
  const record = steps.get(keyOf(args)) ?? { fence: [], intents: [] };
  steps.set(keyOf(args), record);
  return record;
}

export function keyOf(args: readonly string[]): string {
  return args.slice(0, 4).join('/');
}

function read(args: readonly string[]): StepArguments {
  const [, upgrade = '', node = '', step = '', unit = '', retry, token = '', after, follow] = args;
  const [turn = 0, run = 0, order = 0, attempt = 0, time = 0] = token.split(' ').map(Number);
  return { upgrade, node, step, unit, retry: Number(retry), token: [turn, run, order, attempt, time], after: Number(after), follow: follow === 'yes' };
}

function decide(machine: Machine, record: StepRecord, step: StepArguments, run: (intent: Intent) => Promise<void>, tell: (moment: StepMoment, intent: Intent) => boolean): { readonly how: string; readonly intent: Intent } {
  const newest = record.intents.at(-1);
  if (newest !== undefined) {
    if (newest.running) return { how: 'attached', intent: newest };
    if (newest.retry >= step.retry) {
      if (newest.result !== null) return { how: 'found', intent: newest };
      if (step.after !== newest.number) return { how: 'interrupted', intent: newest };
    }
  }
  const number = (newest?.number ?? 0) + 1;
  const intent = startIntent(number, Math.max(newest?.retry ?? 0, step.retry), `${step.unit}-${String(number)}`, machine.world.clock.now, run, (ended) => tell(ended.result === null ? 'interrupted' : 'finished', ended));
  record.intents.push(intent);
  tell('started', intent);
  return { how: 'started', intent };
}

async function follow(intent: Intent, out: ((text: string) => void) | null, from: number): Promise<void> {
  if (out === null) {
    await ended(intent);
    return;
  }
  const known = Buffer.from(intent.output).subarray(from).toString('utf8');
  if (known !== '') out(known);
  intent.events.on('output', out);
  await ended(intent);
  intent.events.off('output', out);
}

function report({ number, output, result }: Intent, how: string, from: number, say: (text: string) => void): void {
  const size = Buffer.byteLength(output);
  if (result === null) say(`interrupted ${String(number)} ${how} ${String(size)} ${String(from)}`);
  else say(`finished ${String(number)} ${how} ${String(size)} ${String(from)} ${String(result.code)} ${result.begin.toFixed(9)} ${result.end.toFixed(9)}`);
}
