import { createHash } from 'node:crypto';
import type { ServerChannel } from 'ssh2';
import { BEGIN } from '../../../activities/hosts/run-as-root.ts';
import type { Machine } from '../machine.ts';
import type { Disturbances, Runtime } from '../runtime.ts';
import type { Units } from '../units.ts';
import { createTools } from '../tools/index.ts';
import { Gone } from '../tools/call.ts';
import { write } from './durable.ts';
import type { Intent, StepRecord } from './durable.ts';
import { recogniseInput, recogniseLine } from './recognise.ts';
import type { Recognised, ScriptName } from './recognise.ts';
import { claimStep, keyOf, runStep } from './run-step.ts';
import { otherHost } from './same-machine.ts';
import { createScript, ScriptEnd } from './script.ts';
import { SCRIPT_TWINS } from './scripts.ts';
import { wordsOfLine } from './words.ts';

/** Exit code of a script that nobody knows: it is never guessed. */
const UNKNOWN_SCRIPT = 70;

interface HostState {
  readonly steps: Map<string, StepRecord>;
  /** Ends every command that runs. */
  commands: AbortController;
}

/** Hosts that know the worker's scripts by their hash, and do what each would do: thousands of them fit into one process. */
export function startRecognisedRuntime(disturb: Disturbances): Runtime {
  const states = new Map<string, HostState>();
  const stateFor = (machine: Machine): HostState => {
    const known = states.get(machine.node.name) ?? { steps: new Map(), commands: new AbortController() };
    states.set(machine.node.name, known);
    return known;
  };
  const intents = (machine: Machine): readonly Intent[] => [...stateFor(machine).steps.values()].flatMap((record) => record.intents.filter((intent) => intent.running));
  const units: Units = {
    start: () => Promise.resolve(null),
    isActive: (machine, unit) => intents(machine).some((intent) => intent.unit === unit),
    kill: (machine, unit) => { for (const intent of intents(machine)) if (intent.unit === unit) intent.kill.abort(); },
    running: (machine) => intents(machine).map((intent) => intent.unit),
  };
  const tools = createTools(units);
  function killAll(machine: Machine): void {
    for (const intent of intents(machine)) intent.kill.abort();
    const state = stateFor(machine);
    state.commands.abort();
    state.commands = new AbortController();
  }

  async function runScript(machine: Machine, name: ScriptName, args: readonly string[], signal: AbortSignal, kill: () => void, out: (text: string) => void, err: (text: string) => void): Promise<void> {
    const script = createScript({
      machine, args, signal, kill, tools, out, err,
      cut: () => { disturb.cut(machine); },
      reboot: (downMs) => { disturb.reboot(machine, downMs); },
    });
    await SCRIPT_TWINS[name](script);
  }

  async function execute(machine: Machine, asked: Recognised, content: Buffer, channel: ServerChannel): Promise<number> {
    const { steps, commands } = stateFor(machine);
    const out = (content: string | Buffer): void => { if (channel.writable) channel.write(content); };
    const err = (text: string): void => { if (channel.stderr.writable) channel.stderr.write(text); };
    if (asked.kind === 'unknown') {
      err(`the twin does not know this script: SHA-256 ${asked.sum}\n`);
      return UNKNOWN_SCRIPT;
    }
    const other = asked.machine === null ? null : otherHost(machine, asked.machine);
    if (other !== null) {
      err(`${other}\n`);
      return 1;
    }
    out(`${BEGIN}\n`);
    err(`${BEGIN}\n`);
    switch (asked.kind) {
      case 'probe':
        machine.world.probes.tell({ moment: 'asked', node: machine.node.name, script: asked.script });
        await runScript(machine, asked.script, asked.args, commands.signal, () => { commands.abort(); }, (text) => { out(`${text}\n`); }, (text) => { err(`${text}\n`); });
        machine.world.probes.tell({ moment: 'answered', node: machine.node.name, script: asked.script });
        return 0;
      case 'step':
        await runStep(machine, steps, asked.args, { out, err }, (intent) => {
          const print = (text: string): void => { write(intent, text); };
          return runScript(machine, asked.script, asked.scriptArgs, intent.kill.signal, () => { intent.kill.abort(); }, print, print);
        });
        return 0;
      case 'claim':
        claimStep(steps, asked.args, err);
        return 0;
      case 'output':
        sendOutput(steps.get(keyOf(asked.args)), out, err);
        return 0;
      case 'send':
        sendFile(machine, asked.args[0] ?? '', out, err);
        return 0;
      case 'receive':
        receiveFile(machine, asked.args, content, err);
        return 0;
    }
  }

  function run(machine: Machine, line: string, channel: ServerChannel): void {
    const words = wordsOfLine(line);
    const chunks: Buffer[] = [];
    channel.on('data', (chunk: Buffer) => chunks.push(chunk));
    channel.once('end', () => {
      // A command that was ended before all of it had come does nothing.
      if (!channel.writable) return;
      const content = Buffer.concat(chunks);
      const asked: Recognised = words === null ? { kind: 'unknown', sum: createHash('sha256').update(line).digest('hex'), machine: null } : recogniseLine(words) ?? recogniseInput(content.toString('utf8'));
      execute(machine, asked, content, channel).then((code) => { end(channel, code); }, (error: unknown) => {
        if (error instanceof ScriptEnd) end(channel, error.exitCode);
        else if (error instanceof Gone) channel.close();
        else {
          if (channel.stderr.writable) channel.stderr.write(`the twin failed: ${error instanceof Error ? error.message : String(error)}\n`);
          end(channel, UNKNOWN_SCRIPT);
        }
      });
    });
  }

  return {
    units, run, killAll, programText: '',
    rootOf: () => '',
    stop: async () => { for (const state of states.values()) { state.commands.abort(); for (const { intents: all } of state.steps.values()) for (const intent of all) intent.kill.abort(); } },
  };
}

function end(channel: ServerChannel, code: number): void {
  if (!channel.writable || !channel.stderr.writable) return;
  channel.stderr.end(() => {
    channel.exit(code);
    channel.end();
  });
}

function sendOutput(record: StepRecord | undefined, out: (text: string) => void, err: (text: string) => void): void {
  const newest = record?.intents.at(-1);
  if (newest === undefined) {
    err('capstan: output absent\n');
    return;
  }
  err(`capstan: output ${String(newest.number)} ${String(Buffer.byteLength(newest.output))}\n`);
  out(newest.output);
}

function sendFile({ files }: Machine, path: string, out: (content: Buffer) => void, err: (text: string) => void): void {
  const content = files.readBytes(path);
  if (content === null) {
    err('capstan: file absent\n');
    return;
  }
  out(content);
  err(`capstan: file ${String(content.length)} ${createHash('sha256').update(content).digest('hex')}\n`);
}

function receiveFile({ files }: Machine, [path = '', sum = '']: readonly string[], content: Buffer, err: (text: string) => void): void {
  if (createHash('sha256').update(content).digest('hex') !== sum) {
    err('capstan: file incomplete\n');
    return;
  }
  files.write(path, content);
  err('capstan: file written\n');
}
