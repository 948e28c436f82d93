import type { Machine } from './machine.ts';

/** Units that `systemd-run` starts on the hosts: what runs in one outlives the connection that started it. */
export interface Units {
  /** Starts a service of type forking; resolves with its exit code when its first process has ended, and null where it cannot be started. */
  start(machine: Machine, unit: string, words: readonly string[]): Promise<number | null>;
  /** True while any process of it lives. */
  isActive(machine: Machine, unit: string): boolean;
  /** Ends every process of it at once, by no fault of its own. */
  kill(machine: Machine, unit: string): void;
  /** Names of those that run. */
  running(machine: Machine): readonly string[];
}
