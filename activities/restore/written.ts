import type { WrittenKind } from '../../workflows/domain/restore.ts';
import { REGISTRY } from './snapshot-keys.ts';
import type { KeyRevisions } from './snapshot-keys.ts';

const EXAMPLES = 5;
/** Written all the time by the cluster itself: of no interest to who decides. */
const CLUSTERS_OWN: readonly string[] = ['events', 'leases', 'masterleases'];
/** Where etcd's names differ from those of the API. */
const KIND_NAMES: Readonly<Record<string, string>> = { minions: 'nodes', 'services/specs': 'services', 'services/endpoints': 'endpoints' };

/** Objects that are not what the snapshot has, by kind: the kinds with most of them first, events and leases last. */
export function writtenSince(snapshot: KeyRevisions, live: KeyRevisions): readonly WrittenKind[] {
  const kinds = new Map<string, { created: string[]; changed: number; deleted: string[] }>();
  const kindAt = (kind: string): { created: string[]; changed: number; deleted: string[] } => {
    const known = kinds.get(kind) ?? { created: [], changed: 0, deleted: [] };
    kinds.set(kind, known);
    return known;
  };
  for (const [key, revision] of live) {
    const before = snapshot.get(key);
    if (before === revision) continue;
    const { kind, name } = objectOf(key);
    if (before === undefined) kindAt(kind).created.push(name);
    else kindAt(kind).changed += 1;
  }
  for (const key of snapshot.keys()) {
    if (live.has(key)) continue;
    const { kind, name } = objectOf(key);
    kindAt(kind).deleted.push(name);
  }
  return [...kinds].map(([kind, { created, changed, deleted }]): WrittenKind => ({
    kind, created: created.length, changed, deleted: deleted.length, examples: [...created.toSorted(), ...deleted.toSorted()].slice(0, EXAMPLES),
  })).toSorted(byWeight);
}

function byWeight(one: WrittenKind, other: WrittenKind): number {
  const last = Number(CLUSTERS_OWN.includes(one.kind)) - Number(CLUSTERS_OWN.includes(other.kind));
  return last || countOf(other) - countOf(one) || (one.kind < other.kind ? -1 : 1);
}

function countOf({ created, changed, deleted }: WrittenKind): number {
  return created + changed + deleted;
}

/**
 * `/registry/pods/NAMESPACE/NAME`, `/registry/GROUP/RESOURCE/NAMESPACE/NAME` for custom resources and aggregated APIs: a group
 * has a dot, and no resource of the built-in ones has (k8s.io/apiserver, `DefaultStorageFactory.ResourcePrefix`).
 */
export function objectOf(key: string): { readonly kind: string; readonly name: string } {
  const [first = '', second = '', ...rest] = key.slice(REGISTRY.length).split('/');
  const pair = `${first}/${second}`;
  const isPair = first.includes('.') || Object.hasOwn(KIND_NAMES, pair);
  const kind = isPair ? pair : first;
  return { kind: KIND_NAMES[kind] ?? kind, name: (isPair ? rest : [second, ...rest]).join('/') };
}
