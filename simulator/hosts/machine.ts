import type { Clock } from '../clock.ts';
import type { ClusterDescription, NodeDescription, Timing } from '../description.ts';
import type { Journal } from '../journal.ts';
import type { ClusterModel } from '../model.ts';
import { randomOf } from '../random.ts';
import type { EtcdData } from './etcd-data.ts';
import type { EtcdCluster } from './etcd.ts';
import type { HostFault, HostOperation } from './faults.ts';
import type { HostFiles } from './files.ts';
import type { RuntimeClient } from './port.ts';
import type { ProbeWatch } from './probes.ts';
import type { StepWatch } from './steps.ts';

/** What the hosts of one twin share. */
export interface World {
  readonly description: ClusterDescription;
  readonly model: ClusterModel;
  readonly clock: Clock;
  readonly seed: number;
  readonly journal: Journal;
  readonly etcd: EtcdCluster;
  readonly etcdData: EtcdData;
  readonly machines: Map<string, Machine>;
  readonly runtimeClient: RuntimeClient;
  /** Durable steps as hosts see them; told only where scripts are recognised. */
  readonly steps: StepWatch;
  /** Scripts that only read; told only where scripts are recognised. */
  readonly probes: ProbeWatch;
}

export interface Package {
  /** `1.33.13-1.1`. */
  readonly version: string;
  readonly held: boolean;
  /** dpkg was killed while it installed it. */
  readonly half: boolean;
}

/** What a host is made from; none of it changes. */
export interface MachineOptions {
  readonly world: World;
  readonly node: NodeDescription;
  readonly index: number;
  readonly address: string;
  /** In front of every path of the host: a folder of this machine, or nothing where files are in memory. */
  readonly root: string;
  readonly files: HostFiles;
  /** Text of the program that stands for every tool of the twin; empty where no shell runs. */
  readonly programText: string;
}

/** State of one host. Whatever a script or a fault does ends up here, whichever way the script ran. */
export interface Machine extends MachineOptions {
  readonly packages: Map<string, Package>;
  readonly images: Set<string>;
  /** Minors of Kubernetes that the package lists in this folder know. */
  readonly lists: Map<string, readonly string[]>;
  /** Version of each kubeadm that was unpacked and not installed, by its path. */
  readonly unpacked: Map<string, string>;
  readonly kubelet: KubeletState;
  readonly apiServer: ApiServerState;
  readonly disk: { freeKib: number };
  /** Who holds dpkg's lock; null where nobody does. */
  lock: { readonly process: number; readonly name: string; released: Promise<void> } | null;
  readonly faults: HostFault[];
  newPid(): number;
  /** Processes of kubeadm that run now. */
  kubeadms: number;
  /** Nothing of it runs, whatever has not been killed yet. */
  isDown: boolean;
  /** Draws how long the next operation of this kind takes, ms of the twin's time. Counts its occurrences. */
  draw(operation: string, timing: Timing): { readonly ms: number; readonly occurrence: number };
  record(effect: string, detail?: string, tookMs?: number): void;
}

export interface KubeletState {
  running: boolean;
  pid: number;
  /** `v1.33.13`. */
  version: string;
  /** Ends right after each start; the text is what its journal says then. */
  crash: string | null;
  /** It has ended so, and systemd starts it again and again. */
  restarts: boolean;
}

/** The static pods of a control-plane node as the host sees them. */
export interface ApiServerState {
  /** Process of kube-apiserver; 0 where none runs. */
  pid: number;
  version: string;
  /** The process of the etcd member; 0 where none runs. */
  etcdPid: number;
}

/** 20 GiB. */
const FREE_KIB = 20 * 1024 * 1024;
// Above what Linux gives to a process: a signal sent to one of these by mistake reaches nobody.
const FIRST_PID = 5_000_000;

export function createMachine(options: MachineOptions): Machine {
  const { world, node } = options;
  const { description, seed, journal } = world;
  const counts = new Map<string, number>();
  const version = node.kubeletVersion ?? description.version;
  let pids = FIRST_PID;
  return {
    ...options,
    packages: new Map(['kubeadm', 'kubelet', 'kubectl'].map((name) => [name, { version: packageVersion(description.packageManager, version), held: true, half: false }])),
    images: new Set(),
    lists: new Map(),
    unpacked: new Map(),
    kubelet: { running: true, pid: 0, version, crash: null, restarts: false },
    apiServer: { pid: 0, version: description.version, etcdPid: 0 },
    disk: { freeKib: FREE_KIB },
    lock: null,
    faults: [],
    kubeadms: 0,
    isDown: false,
    draw: (operation, timing) => {
      const occurrence = (counts.get(operation) ?? 0) + 1;
      counts.set(operation, occurrence);
      return { ms: randomOf(seed, node.name, operation, occurrence).lognormal(timing.meanMs, timing.variation), occurrence };
    },
    record: (effect, detail, tookMs) => { journal.record(node.name, effect, detail, tookMs); },
    newPid: () => (pids += 1),
  };
}

/** What goes wrong with an operation that begins now; null where nothing does. One that happens once is taken away. */
export function takeFault(machine: Machine, operation: HostOperation, occurrence: number): HostFault | null {
  const found = machine.faults.find((fault) => {
    const first = fault.occurrence ?? 1;
    const last = fault.lastOccurrence ?? fault.occurrence ?? Number.POSITIVE_INFINITY;
    return fault.operation === operation && first <= occurrence && occurrence <= last;
  }) ?? null;
  if (found?.once === true) machine.faults.splice(machine.faults.indexOf(found), 1);
  return found;
}

/** Changes a package of the host, and what its own `dpkg-query` reads. */
export function setPackage(machine: Machine, name: string, change: Partial<Package>): Package {
  const changed: Package = { version: '', held: false, half: false, ...machine.packages.get(name), ...change };
  machine.packages.set(name, changed);
  if (machine.world.description.packageManager === 'apt') {
    machine.files.write(`${machine.root}${PACKAGE_STATES}/${name}`, `${changed.half ? 'half-configured' : 'installed'} ${changed.held ? 'hold' : 'install'} ${changed.version}\n`);
  }
  return changed;
}

/** Names of the packages on hold, in order. */
export function heldPackages({ packages }: Machine): readonly string[] {
  return [...packages].flatMap(([name, { held }]) => (held ? [name] : [])).toSorted((left, right) => (left < right ? -1 : 1));
}

/** A file for each package, `installed hold 1.33.13-1.1`: asking for it is what the scripts do most. */
export const PACKAGE_STATES = '/var/lib/twin/packages';

/** Order of versions as texts, of packages as of Kubernetes: numbers in them count as numbers. */
export const compareNumbered: (left: string, right: string) => number = new Intl.Collator('en', { numeric: true }).compare;

/** How the packager of the community's packages writes a version. */
export function packageVersion(manager: ClusterDescription['packageManager'], version: string): string {
  const core = version.replace(/^v/, '').replace('-', '~');
  return manager === 'apt' ? `${core}-1.1` : `${core}-150500.1.1`;
}

/** `v1.34.4` of `1.34.4-1.1`. */
export function versionOfPackage(version: string): string {
  return `v${version.replace(/-[^-]*$/, '').replace('~', '-')}`;
}

/** 34 of `v1.34.4`. */
export function minorNumber(version: string): number {
  return Number(/^v\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}

/** `1.34` of `v1.34.4` or of `1.34.4-1.1`. */
export function minorOfVersion(version: string): string {
  return /^v?(\d+\.\d+)/.exec(version)?.[1] ?? '';
}

/** A path of this host without the folder that stands for its root. */
export function hostPath(machine: Machine, path: string): string {
  return machine.root !== '' && path.startsWith(machine.root) ? path.slice(machine.root.length) : path;
}
