import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Machine } from './machine.ts';
import type { Units } from './units.ts';

/** Everything of the twin that runs as a process of this machine. */
export interface Shell {
  readonly units: Units;
  /** Runs one command line as sshd would, in a group of its own. */
  command(machine: Machine, line: string): ChildProcess;
  /** A process in the place of kube-apiserver, which says when SIGTERM came. */
  startApiServer(machine: Machine, onSignal: () => void): number;
  /** Kills all that runs on a host, API servers aside. */
  killAll(machine: Machine): void;
  /** Kills the group that a process of this number leads, where it is one of the host's. */
  killGroup(machine: Machine, group: number): void;
  /** Ends every process and waits for that. */
  stop(): Promise<void>;
}

export interface ShellOptions {
  /** Environment of everything on a host. */
  readonly environment: (machine: Machine) => NodeJS.ProcessEnv;
}

/** Says TERM for each signal, and ends when the twin does: then its standard input is closed. */
const API_SERVER = 'trap "echo TERM; signalled=yes" TERM; while :; do signalled=; read -r line && continue; [ -n "$signalled" ] || exit 0; done';

export function createShell({ environment }: ShellOptions): Shell {
  const commands = new Map<string, Set<ChildProcess>>();
  const apiServers = new Map<string, ChildProcess>();
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

  function killGroup(machine: Machine, group: number): void {
    const own = [...(commands.get(machine.node.name) ?? [])].find((child) => child.pid === group);
    if (own !== undefined) kill(own);
  }

  const unitsOf = (machine: Machine): readonly string[] => [...units.keys()].filter((key) => key.startsWith(`${machine.node.name}/`)).map((key) => key.slice(machine.node.name.length + 1));

  function killUnit(machine: Machine, unit: string): void {
    const child = units.get(keyOf(machine, unit));
    if (child !== undefined) kill(child);
  }

  function startApiServer(machine: Machine, onSignal: () => void): number {
    const former = apiServers.get(machine.node.name);
    if (former !== undefined) kill(former);
    const child = spawn('sh', ['-c', API_SERVER], { stdio: ['pipe', 'pipe', 'ignore'], detached: true, env: { PATH: process.env['PATH'] } });
    apiServers.set(machine.node.name, child);
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      if (apiServers.get(machine.node.name) !== child) return;
      for (const line of chunk.toString('latin1').split('\n')) if (line === 'TERM') onSignal();
    });
    follow(child);
    return child.pid ?? 0;
  }

  return {
    command, startApiServer, killGroup,
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
