import { textsAt } from './pod.ts';
import type { JsonObject } from '../../json-value.ts';
import type { Loss } from './loss.ts';
import { shown } from './loss.ts';

export type Flags = ReadonlyMap<string, readonly string[]>;

/** How a member came into its cluster: kubeadm writes it differently at the first start and at an upgrade, and etcd no longer reads it. */
const FIRST_START_ONLY = ['initial-cluster', 'initial-cluster-state'];

/** Flags of a container by name, with all their values; the first word of its command is not one of them. */
export function flagsOf(container: JsonObject): Flags {
  const words = [...textsAt(container, 'command').slice(1), ...textsAt(container, 'args')];
  const flags = new Map<string, string[]>();
  for (let at = 0; at < words.length; at += 1) {
    const [name = '', ...rest] = (words[at] ?? '').replace(/^--?/, '').split('=');
    const next = words[at + 1];
    // `--name value` in two words.
    const isSplit = rest.length === 0 && next !== undefined && !next.startsWith('-');
    if (isSplit) at += 1;
    flags.set(name, [...(flags.get(name) ?? []), isSplit ? next : rest.length === 0 ? 'true' : rest.join('=')]);
  }
  return flags;
}

export function flagLosses(running: Flags, wanted: Flags): readonly Loss[] {
  return [...running].flatMap(([name, values]): readonly Loss[] => {
    if (FIRST_START_ONLY.includes(name) || isSame(values, wanted.get(name) ?? [])) return [];
    const text = `--${name}${values.length === 1 ? shown(values[0], '=') : ''}`;
    const other = wanted.get(name);
    return [{ kind: 'flag', what: other === undefined ? text : `${text} (kubeadm writes ${other.length === 1 && shown(other[0], '') !== '' ? shown(other[0], '') : 'another value'})` }];
  });
}

/** Names of flags that would come. */
export function newFlags(running: Flags, wanted: Flags): readonly string[] {
  return [...wanted.keys()].filter((name) => !running.has(name)).map((name) => `--${name}`);
}

/** In any order, as kubeadm sorts and people do not; lists of features in any order too. */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  return orderly(one) === orderly(other);
}

function orderly(values: readonly string[]): string {
  return JSON.stringify(values.map((value) => value.split(',').toSorted().join(',')).toSorted());
}
