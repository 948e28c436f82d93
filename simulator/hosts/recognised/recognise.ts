import { createHash } from 'node:crypto';
import { readOutputScript, receiveFileScript, runStepScript, sendFileScript, claimStepScript, unitScript } from '../../../activities/hosts/durable/scripts.ts';
import { CHECK, inputFor } from '../../../activities/hosts/run-as-root.ts';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import { allWords, readWords } from './words.ts';

export type ScriptName = keyof typeof SCRIPTS;

/** What a command line and its standard input ask for. */
export type Recognised =
  | { readonly kind: 'probe'; readonly script: ScriptName; readonly args: readonly string[] }
  | { readonly kind: 'step'; readonly script: ScriptName; readonly scriptArgs: readonly string[]; readonly args: readonly string[] }
  | { readonly kind: 'claim' | 'output' | 'send' | 'receive'; readonly args: readonly string[] }
  /** `sum` is the SHA-256 of what nobody knows. */
  | { readonly kind: 'unknown'; readonly sum: string };

const SCRIPT_OF_SUM: ReadonlyMap<string, ScriptName> = new Map(scriptNames().map((name) => [sumOf(SCRIPTS[name].text), name]));
const PROTOCOL: ReadonlyMap<string, 'claim' | 'output' | 'send'> = new Map([
  [sumOf(claimStepScript), 'claim'], [sumOf(readOutputScript), 'output'], [sumOf(sendFileScript), 'send'],
]);
const RUN_STEP = sumOf(runStepScript);
const UNIT = sumOf(unitScript);
const RECEIVE = sumOf(`${CHECK}${receiveFileScript}`);

/** A file that comes on standard input: the script is on the command line. */
export function recogniseLine(words: readonly string[]): Recognised | null {
  const [option, script = '', , ...args] = words;
  if (option !== '-c') return null;
  const sum = sumOf(script);
  return sum === RECEIVE ? { kind: 'receive', args } : { kind: 'unknown', sum };
}

/** A script on standard input. It is known by the hash of its exact text, and of the exact text around it, or not at all. */
export function recogniseInput(input: string): Recognised {
  const args = readWords(input, '{\nset -- '.length);
  const text = args === null ? null : between(input, `{\nset -- ${input.slice('{\nset -- '.length, args.end)}\n${CHECK}`, '\n} </dev/null\n');
  if (args === null || text === null || inputFor({ args: args.words, text }) !== input) return { kind: 'unknown', sum: sumOf(input) };
  const sum = sumOf(text);
  const protocol = PROTOCOL.get(sum);
  if (protocol !== undefined) return { kind: protocol, args: args.words };
  const script = SCRIPT_OF_SUM.get(sum);
  if (script !== undefined) return { kind: 'probe', script, args: args.words };
  return recogniseStep(text, args.words) ?? { kind: 'unknown', sum };
}

/** `script='…'`, `arguments='…'` and `unit_script='…'`, and then the protocol's own text. */
function recogniseStep(text: string, args: readonly string[]): Recognised | null {
  const values: string[] = [];
  let at = 0;
  for (const name of ['script', 'arguments', 'unit_script']) {
    if (!text.startsWith(`${name}='`, at)) return null;
    const read = readWords(text, at + name.length + 1);
    const [value, ...more] = read?.words ?? [];
    if (read === null || value === undefined || more.length > 0) return null;
    values.push(value);
    at = read.end + 1;
  }
  const [scriptText = '', quoted = '', unit = ''] = values;
  const rest = sumOf(text.slice(at));
  if (rest !== RUN_STEP) return { kind: 'unknown', sum: rest };
  if (sumOf(unit) !== UNIT) return { kind: 'unknown', sum: sumOf(unit) };
  const script = SCRIPT_OF_SUM.get(sumOf(scriptText));
  const scriptArgs = allWords(quoted);
  if (script === undefined || scriptArgs === null) return { kind: 'unknown', sum: sumOf(scriptText) };
  return { kind: 'step', script, scriptArgs, args };
}

function between(text: string, begin: string, end: string): string | null {
  return text.startsWith(begin) && text.endsWith(end) ? text.slice(begin.length, text.length - end.length) : null;
}

function scriptNames(): readonly ScriptName[] {
  return Object.keys(SCRIPTS).filter((name): name is ScriptName => Object.hasOwn(SCRIPTS, name));
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
