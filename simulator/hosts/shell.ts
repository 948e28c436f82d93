import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Machine } from './machine.ts';
import type { Units } from './units.ts';

/** Everything of the twin that runs as a process of this machine. */
export interface Shell {
  readonly units: Units;
  /** Runs one command line as sshd would, in a group of its own. */
  command(machine: Machine, line: string): ChildProcess;
  /** Kills all that runs on a host. */
  killAll(machine: Machine): void;
  /** Ends every process and waits for that. */
  stop(): Promise<void>;
}

export interface ShellOptions {
  /** Environment of everything on a host. */
  readonly environment: (machine: Machine) => NodeJS.ProcessEnv;
}

export function createShell({ environment }: ShellOptions): Shell {
  const commands = new Map<string, Set<ChildProcess>>();
  const units = new Map<string, ChildProcess>();
  const all = new Set<ChildProcess>();

  function follow(child: ChildProcess): void {
    all.add(child);
    child.on('error', () => undefined);
    child.once('close', () => all.delete(child));
  }

  function command(machine: Machine, line: string): ChildProcess {
    const child = spawn('sh', ['-c', line], { cwd: machine.root, env: environment(machine), detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const own = commands.get(machine.node.name) ?? new Set();
    commands.set(machine.node.name, own);
    own.add(child);
    child.once('close', () => own.delete(child));
    follow(child);
    return child;
  }

  const keyOf = (machine: Machine, unit: string): string => `${machine.node.name}/${unit}`;

  function start(machine: Machine, unit: string, words: readonly string[]): Promise<number | null> {
    const key = keyOf(machine, unit);
    if (units.has(key)) return Promise.resolve(null);
    const [program = 'false', ...args] = words;
    // Nobody reads the fourth one: it is open for as long as any process of the unit is, and that is how its end is known.
    const child = spawn(program, args, { cwd: '/', env: { ...environment(machine), TWIN_UNIT: unit }, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    units.set(key, child);
    child.stdio[3]?.on('error', () => undefined);
    child.stdio[3]?.on('data', () => undefined);
    child.once('close', () => units.delete(key));
    follow(child);
    return new Promise((resolve) => {
      child.once('exit', (code) => { resolve(code ?? 1); });
      child.once('error', () => { resolve(null); });
    });
  }

  const unitsOf = (machine: Machine): readonly string[] => [...units.keys()].filter((key) => key.startsWith(`${machine.node.name}/`)).map((key) => key.slice(machine.node.name.length + 1));

  function killUnit(machine: Machine, unit: string): void {
    const child = units.get(keyOf(machine, unit));
    if (child !== undefined) kill(child);
  }

  return {
    command,
    units: { start, isActive: (machine, unit) => units.has(keyOf(machine, unit)), kill: killUnit, running: unitsOf },
    killAll: (machine) => {
      for (const child of commands.get(machine.node.name) ?? []) kill(child);
      for (const unit of unitsOf(machine)) killUnit(machine, unit);
    },
    stop: async () => {
      const ended = [...all].map((child) => new Promise((resolve) => { child.once('close', resolve); }));
      for (const child of all) kill(child);
      await Promise.all(ended);
    },
  };
}

/** The whole group: each of these children leads one. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
