import type { Machine } from './machine.ts';
import { wordsOfLine } from './recognised/words.ts';
import { openSpawner } from './spawner.ts';
import type { SpawnedProcess } from './spawner.ts';
import type { Units } from './units.ts';

/** Everything of the twin that runs as a process of this machine. */
export interface Shell {
  readonly units: Units;
  /** Runs one command line as sshd would, in a group of its own. */
  command(machine: Machine, line: string): SpawnedProcess;
  /** Kills all that runs on a host. */
  killAll(machine: Machine): void;
  /** Ends every process and waits for that. */
  stop(): Promise<void>;
}

export interface ShellOptions {
  /** Environment of everything on a host. */
  readonly environment: (machine: Machine) => NodeJS.ProcessEnv;
}

/** Whoever runs the twin is root on its hosts. A function of the login shell: a program would start one shell more for each command. */
const SUDO = 'sudo() { while case $1 in -*) [ "$1" != -- ] ;; *) false ;; esac; do shift; done; [ "$1" != -- ] || shift; exec "$@"; }\n';

export function createShell({ environment }: ShellOptions): Shell {
  const commands = new Map<string, Set<SpawnedProcess>>();
  const units = new Map<string, SpawnedProcess>();
  const all = new Set<SpawnedProcess>();
  const spawner = openSpawner();

  function follow(child: SpawnedProcess): void {
    all.add(child);
    child.once('close', () => all.delete(child));
  }

  function command(machine: Machine, line: string): SpawnedProcess {
    // What the worker sends needs no shell to take its words apart; any other line does.
    const child = spawner.spawn('sh', wordsOfLine(line) ?? ['-c', `${SUDO}${line}`], { kind: 'command', cwd: machine.root, env: environment(machine) });
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
    const child = spawner.spawn(program, args, { kind: 'unit', cwd: '/', env: { ...environment(machine), TWIN_UNIT: unit } });
    units.set(key, child);
    child.once('close', () => units.delete(key));
    follow(child);
    return new Promise((resolve) => {
      child.once('exit', resolve);
      child.once('close', () => { resolve(null); });
    });
  }

  const unitsOf = (machine: Machine): readonly string[] => [...units.keys()].filter((key) => key.startsWith(`${machine.node.name}/`)).map((key) => key.slice(machine.node.name.length + 1));

  function killUnit(machine: Machine, unit: string): void {
    units.get(keyOf(machine, unit))?.kill();
  }

  return {
    command,
    units: { start, isActive: (machine, unit) => units.has(keyOf(machine, unit)), kill: killUnit, running: unitsOf },
    killAll: (machine) => {
      for (const child of commands.get(machine.node.name) ?? []) child.kill();
      for (const unit of unitsOf(machine)) killUnit(machine, unit);
    },
    stop: async () => {
      const ended = [...all].map((child) => new Promise<void>((resolve) => { child.once('close', () => { resolve(); }); }));
      for (const child of all) child.kill();
      await Promise.all(ended);
      await spawner.stop();
    },
  };
}
