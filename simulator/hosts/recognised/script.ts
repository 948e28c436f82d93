import type { Timing } from '../../description.ts';
import type { HostOperation } from '../faults.ts';
import type { Machine } from '../machine.ts';
import { spend } from '../tools/call.ts';
import type { Call, Tool } from '../tools/call.ts';

/** A script that ends before its last line, as `exit` does. */
export class ScriptEnd extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${String(exitCode)}`);
    this.exitCode = exitCode;
  }
}

/** What a program printed, without the line ends at its end, as `$(…)` has it. */
export interface Captured {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A host as a script sees it. */
export interface Script {
  readonly machine: Machine;
  readonly args: readonly string[];
  /** `printf '%s\n'` to standard output. */
  say(text: string): void;
  complain(text: string): void;
  /** Ends the script as `fail` of lib-common does. */
  fail(cause: string, next?: string): never;
  /** Runs a tool and keeps what it prints. */
  capture(program: string, args: readonly string[], folder?: string): Promise<Captured>;
  /** Runs a tool with the script's own outputs, or with these. */
  pass(program: string, args: readonly string[], outputs?: Pick<Call, 'out' | 'err'>): Promise<number>;
  /** Waits as long as an operation of the script's own takes, faults included. */
  spend(operation: HostOperation, timing: Timing): Promise<number>;
  readonly signal: AbortSignal;
}

export type ScriptTwin = (script: Script) => Promise<void>;

export interface ScriptOptions extends Pick<Call, 'machine' | 'args' | 'signal' | 'kill' | 'reboot' | 'cut'> {
  readonly tools: Readonly<Record<string, Tool>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export function createScript(options: ScriptOptions): Script {
  const { machine, tools, out, err } = options;
  async function run(program: string, args: readonly string[], folder: string, outputs: Pick<Call, 'out' | 'err'>): Promise<number> {
    const tool = tools[program.replace(/^.*\//, '')];
    if (tool === undefined) {
      err(`sh: ${program}: not found`);
      return 127;
    }
    const { signal, kill, reboot, cut } = options;
    return tool({ machine, program, args, folder, signal, kill, reboot, cut, ...outputs });
  }
  return {
    machine,
    args: options.args,
    signal: options.signal,
    say: out,
    complain: err,
    fail: (cause, next) => {
      err(`error: ${cause}`);
      if (next !== undefined) err(`next: ${next}`);
      throw new ScriptEnd(1);
    },
    capture: async (program, args, folder = '/') => {
      const printed: string[] = [];
      const complained: string[] = [];
      const exitCode = await run(program, args, folder, { out: (text) => printed.push(text), err: (text) => complained.push(text) });
      return { exitCode, out: printed.join('\n').replace(/\n+$/, ''), err: complained.join('\n') };
    },
    spend: (operation, timing) => {
      const { args, signal, kill, reboot, cut } = options;
      return spend({ machine, program: '', args, folder: '/', signal, kill, reboot, cut, out, err }, operation, timing);
    },
    pass: (program, args, outputs = { out, err }) => run(program, args, '/', outputs),
  };
}

/** Lines that are not empty. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** `set -e`: a program that fails ends the script. */
export async function must(result: Promise<number>): Promise<void> {
  const exitCode = await result;
  if (exitCode !== 0) throw new ScriptEnd(exitCode);
}
