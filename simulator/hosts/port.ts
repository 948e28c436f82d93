import type { Clock } from '../clock.ts';
import type { ClusterDescription } from '../description.ts';
import type { Journal } from '../journal.ts';
import type { ClusterModel } from '../model.ts';
import type { EtcdCluster } from './etcd.ts';
import type { HostFault } from './faults.ts';
import type { Machine } from './machine.ts';
import type { ProbeEvent } from './probes.ts';
import type { StepListener } from './steps.ts';

export interface HostsOptions {
  readonly description: ClusterDescription;
  readonly model: ClusterModel;
  readonly clock: Clock;
  readonly seed: number;
  readonly journal: Journal;
  /** For everything that the hosts keep; made here, and left to the caller to remove. */
  readonly folder: string;
  /** SSH port of every host; a free one by default. */
  readonly port?: number;
  /**
   * How scripts run. By default in a real `sh` up to 50 nodes, and above that by a twin of each script that is recognised by
   * its hash. To be given by tests that compare the two.
   */
  readonly way?: ScriptWay;
  /** What asks the hosts' container runtime: `crictl`, or `ctr` where they have no crictl. By default `crictl`. */
  readonly runtimeClient?: RuntimeClient;
}

export type ScriptWay = 'shell' | 'recognised';

export type RuntimeClient = 'crictl' | 'ctr';

/** Hosts of a twin, reached over SSH as any others. */
export interface TwinHosts {
  readonly way: ScriptWay;
  readonly user: string;
  readonly port: number;
  /** Of `user`, in OpenSSH's format. */
  readonly privateKey: string;
  /** Text of a known_hosts file for all hosts. */
  readonly knownHosts: string;
  readonly etcd: EtcdCluster;
  /** @throws RangeError where there is no such node. */
  host(name: string): TwinHost;
  /**
   * Calls back at once with everything that happens to durable steps. Returns how to end it.
   * @throws Error where scripts run in a shell: nobody sees their steps there.
   */
  onStep(listener: StepListener): () => void;
  /**
   * Calls back at once with every script that only reads. Returns how to end it.
   * @throws Error where scripts run in a shell.
   */
  onProbe(listener: (event: ProbeEvent) => void): () => void;
  /** Ends every process that it started, and every connection. */
  stop(): Promise<void>;
}

/** One host, for those who want to see or disturb it. */
export interface TwinHost {
  readonly machine: Machine;
  readonly address: string;
  /** Adds something that goes wrong with an operation from now on. Returns how to end it. */
  addFault(fault: HostFault): () => void;
  /** Another program takes the package manager's lock, and keeps it until the function is called. */
  lockPackages(program: string): () => void;
  setFreeDiskKib(kib: number): void;
  /** Kubelets that start from now on end at once with this in their journal; null lets them run, one that ended so at systemd's next try. */
  crashKubelet(message: string | null): void;
  /** Breaks every connection without a word; what runs goes on. */
  cutConnections(): void;
  /** Ends every command that is under way with this exit status, as a login server does that ends its sessions; units run on. */
  endCommands(exitCode: number): void;
  setReachable(reachable: 'up' | 'refused' | 'hang'): void;
  /** Goes down at once with everything that runs, and comes back after so many ms of the twin's time. */
  reboot(downMs: number): void;
  /** Names of units that run now. */
  units(): readonly string[];
  /** Kills every process of a unit. */
  killUnit(unit: string): void;
  /** Connections that are open now. */
  connections(): number;
  /** Command lines that came in, oldest first. */
  readonly commands: readonly string[];
}
