import { createHash } from 'node:crypto';
import { readOutputScript, receiveFileScript, runStepScript, sendFileScript, claimStepScript, unitScript } from '../../../activities/hosts/durable/scripts.ts';
import { CHECK, inputFor, MARK } from '../../../activities/hosts/run-as-root.ts';
import { REQUIRE_MACHINE, requireMachine } from '../../../activities/hosts/same-machine.ts';
import type { NodeMachine } from '../../../activities/hosts/same-machine.ts';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import { allWords, readWords } from './words.ts';

export type ScriptName = keyof typeof SCRIPTS;

/** What a command line and its standard input ask for, and the machine that the host has to be for it; null where any will do. */
export type Recognised = Asked & { readonly machine: NodeMachine | null };

type Asked =
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
const RECEIVE = sumOf(receiveFileScript);

/** A file that comes on standard input: the script is on the command line. */
export function recogniseLine(words: readonly string[]): Recognised | null {
  const [option, script = '', , ...args] = words;
  if (option !== '-c') return null;
  const guarded = behindGuard(script);
  const sum = sumOf(guarded?.text ?? script);
  return guarded !== null && sum === RECEIVE ? { kind: 'receive', args, machine: guarded.machine } : { kind: 'unknown', sum, machine: null };
}

/** A script on standard input. It is known by the hash of its exact text, and of the exact text around it, or not at all. */
export function recogniseInput(input: string): Recognised {
  const args = readWords(input, '{\nset -- '.length);
  const body = args === null ? null : between(input, `{\nset -- ${input.slice('{\nset -- '.length, args.end)}\n`, '\n} </dev/null\n');
  const guarded = body === null ? null : behindGuard(body);
  if (args === null || guarded === null || inputFor({ args: args.words, text: guarded.text }, requireMachine(guarded.machine)) !== input) return { kind: 'unknown', sum: sumOf(input), machine: null };
  const { text, machine } = guarded;
  return { ...recogniseText(text, args.words), machine };
}

function recogniseText(text: string, args: readonly string[]): Asked {
  const sum = sumOf(text);
  const protocol = PROTOCOL.get(sum);
  if (protocol !== undefined) return { kind: protocol, args };
  const script = SCRIPT_OF_SUM.get(sum);
  if (script !== undefined) return { kind: 'probe', script, args };
  return recogniseStep(text, args) ?? { kind: 'unknown', sum };
}

/** The text behind what has to hold on the host; null where it does not begin so. */
function behindGuard(body: string): { readonly text: string; readonly machine: NodeMachine | null } | null {
  if (!body.startsWith(CHECK)) return null;
  let end = CHECK.length;
  let machine: NodeMachine | null = null;
  if (body.startsWith(REQUIRE_MACHINE, end)) {
    const words = readWords(body, end + REQUIRE_MACHINE.length);
    const [node = '', machineId = '', systemUuid = ''] = words?.words ?? [];
    machine = { node, machineId: machineId || null, systemUuid: systemUuid || null };
    end = (words?.end ?? end) + 1;
  }
  return body.startsWith(MARK, end) ? { text: body.slice(end + MARK.length), machine } : null;
}

/** `script='…'`, `arguments='…'` and `unit_script='…'`, and then the protocol's own text. */
function recogniseStep(text: string, args: readonly string[]): Asked | null {
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
