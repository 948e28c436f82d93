import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import type { Taint } from '../description.ts';
import { nodeOf } from './kinds.ts';
import type { Node } from './kinds.ts';
import { parseQuantity } from './quantity.ts';
import type { EventStore } from './store.ts';

/** A node as the scheduler sees it. */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
  readonly zone: string;
}

export interface NodeIndex {
  readonly all: readonly NodeFacts[];
  get(name: string): NodeFacts | null;
  /** Called where a pod that had no place might have one now. */
  onRoom(callback: () => void): void;
  /** Called with each node that came, changed for the scheduler, or went. */
  onChange(callback: (node: string) => void): void;
}

export function createNodeIndex(store: EventStore): NodeIndex {
  const nodes = new Map<string, NodeFacts>();
  const roomCallbacks: (() => void)[] = [];
  const changeCallbacks: ((node: string) => void)[] = [];
  let all: readonly NodeFacts[] | null = null;

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource !== 'nodes') return;
    const { name } = object.metadata;
    if (type !== 'DELETED' && previous !== undefined && isSameForPods(nodeOf(previous), nodeOf(object))) return;
    all = null;
    if (type === 'DELETED') nodes.delete(name);
    else nodes.set(name, factsOf(nodeOf(object)));
    for (const callback of changeCallbacks) callback(name);
    if (type !== 'DELETED') for (const callback of roomCallbacks) callback();
  });

  return {
    get all() {
      all ??= [...nodes.values()];
      return all;
    },
    get: (name) => nodes.get(name) ?? null,
    onRoom: (callback) => {
      roomCallbacks.push(callback);
    },
    onChange: (callback) => {
      changeCallbacks.push(callback);
    },
  };
}

function isSameForPods(before: Node, after: Node): boolean {
  return before.spec === after.spec && before.metadata.labels === after.metadata.labels && before.status.allocatable === after.status.allocatable;
}

function factsOf(node: Node): NodeFacts {
  const labels = node.metadata.labels ?? {};
  const allocatable = node.status.allocatable ?? {};
  return {
    name: node.metadata.name,
    labels,
    taints: node.spec.taints ?? [],
    unschedulable: node.spec.unschedulable === true,
    cpu: parseQuantity(allocatable['cpu']),
    memory: parseQuantity(allocatable['memory']),
    pods: parseQuantity(allocatable['pods']),
    zone: labels[ZONE_LABEL] ?? '',
  };
}
