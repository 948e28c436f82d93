import type { ClusterDescription, Fault } from './description.ts';
import { randomOf } from './random.ts';

/** What a fault by its name does, for people and for `docs/simulator.md`. */
export interface FaultKind {
  /** What goes wrong, and for how long. */
  readonly does: string;
  /** What the engine makes of it. `held`: a person has to decide about the node. */
  readonly ends: 'done' | 'held';
  /** Null: it concerns the API, not one node. */
  readonly on: 'worker' | 'any' | null;
}

/** Every fault that a twin can be given by name. Times are the twin's. */
export const FAULTS = {
  'package-locked': { on: 'any', ends: 'done', does: 'Another program holds the package manager\'s lock when the node is cordoned, and lets go two minutes later.' },
  'package-broken': { on: 'worker', ends: 'held', does: 'The package of the new kubelet cannot be unpacked: its file is damaged.' },
  'disk-full': { on: 'worker', ends: 'held', does: 'No room is left on the node\'s disk when the kubelet\'s packages are installed.' },
  'slow-download': { on: 'any', ends: 'done', does: 'Packages and images reach the node ten times slower.' },
  'kubelet-not-ready': { on: 'worker', ends: 'done', does: 'The kubelet of the new version does not report Ready until it is restarted a minute later.' },
  'kubeadm-fails-once': { on: 'any', ends: 'held', does: 'kubeadm ends with an error the first time, before it changed anything: a retry goes through.' },
  'host-reboot': { on: 'worker', ends: 'done', does: 'The host reboots while the kubelet\'s packages are installed.' },
  'connection-cut': { on: 'any', ends: 'done', does: 'Every SSH connection to the host breaks when the node is cordoned; what runs there runs on.' },
  'budget-blocks': { on: 'worker', ends: 'held', does: 'A budget that allows no eviction covers a pod of the node, until the node is given back.' },
  'api-5xx': { on: null, ends: 'done', does: 'Once a worker is cordoned, the API answers one request in fifteen with 500, 502, 503 or 504.' },
  'api-slow': { on: null, ends: 'done', does: 'Once a worker is cordoned, the API takes two seconds longer for one request in ten.' },
  'watch-silent': { on: null, ends: 'done', does: 'Once a worker is cordoned, the watches that are open stay open and say nothing more.' },
  'watch-gone': { on: null, ends: 'done', does: 'The API forgets its history again and again: watches end with 410 and must begin anew.' },
  'api-cut': { on: null, ends: 'done', does: 'Once a worker is cordoned, every connection to the API is cut.' },
} as const satisfies Readonly<Record<string, FaultKind>>;
export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName);

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** The question is wrong, not the twin: the message says what is allowed. */
export class UnknownFault extends Error {}

/** A fault whose node is known; null where it concerns the API. */
export interface PlacedFault {
  readonly name: FaultName;
  readonly node: string | null;
}

/**
 * Reads `NAME` or `NAME@NODE`, as `--fault` takes it.
 * @throws UnknownFault that lists what is allowed.
 */
export function parseFault(text: string): Fault {
  const [name = '', node] = text.split('@', 2);
  if (!isFaultName(name)) throw noFault(name);
  if (node !== undefined && FAULTS[name].on === null) throw new UnknownFault(`The fault ${name} concerns the API, not a node: leave out "@${node}".`);
  return { name, node: node ?? null };
}

/**
 * Gives each fault its node: the one it names, or one by the seed.
 * @throws UnknownFault where it names no fault, or a node on which it cannot happen.
 */
export function placeFaults(faults: readonly Fault[], nodes: ClusterDescription['nodes'], seed: number): readonly PlacedFault[] {
  return faults.map(({ name, node }, index) => {
    if (!isFaultName(name)) throw noFault(name);
    const { on } = FAULTS[name];
    if (on === null) return { name, node: null };
    const able = nodes.filter(({ role }) => on === 'any' || role === on).map((able) => able.name);
    if (node !== null && !able.includes(node)) throw new UnknownFault(`The fault ${name} cannot happen on "${node}": it is for ${on === 'any' ? 'a node' : 'a worker'} of this cluster: ${someOf(able)}.`);
    return { name, node: node ?? able[randomOf(seed, 'fault', name, index).below(able.length)] ?? null };
  });
}

/** The table of `docs/simulator.md`. */
export function faultTable(): string {
  return [
    '| fault | on | what goes wrong | the upgrade |',
    '| --- | --- | --- | --- |',
    ...FAULT_NAMES.map((name) => {
      const { on, does, ends } = FAULTS[name];
      return `| \`${name}\` | ${on === null ? 'the API' : on === 'any' ? 'any node' : 'a worker'} | ${does} | ${ends === 'done' ? 'goes on and is done' : 'is held for a decision'} |`;
    }),
  ].join('\n');
}

function noFault(name: string): UnknownFault {
  return new UnknownFault(`There is no fault "${name}". Allowed: ${FAULT_NAMES.join(', ')}. One that is for a node may name it, as in host-reboot@w03.`);
}

function someOf(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 4).join(', ')} … ${names.at(-1) ?? ''}` : names.join(', ');
}
