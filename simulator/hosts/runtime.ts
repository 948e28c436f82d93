import type { ServerChannel } from 'ssh2';
import type { Machine } from './machine.ts';
import type { Units } from './units.ts';

/** What runs the commands that come to the hosts. */
export interface Runtime {
  readonly units: Units;
  /** Text of the program that stands for each tool; empty where none is needed. */
  readonly programText: string;
  /** Folder that stands for a host's root; empty where its files are in memory. */
  rootOf(node: string): string;
  /** Runs a command line that came over SSH, and closes its channel in the end. */
  run(machine: Machine, line: string, channel: ServerChannel): void;
  /** Kills all that runs on a host. */
  killAll(machine: Machine): void;
  stop(): Promise<void>;
}

/** What a tool may do to the host it runs on. */
export interface Disturbances {
  readonly cut: (machine: Machine) => void;
  readonly reboot: (machine: Machine, downMs: number) => void;
}
