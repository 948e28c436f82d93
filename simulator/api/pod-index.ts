import type { StoreEvent } from '../model.ts';
import { budgetOf, isOver, keyOf, ownerOf, podOf } from './kinds.ts';
import type { Pod, PodSpec } from './kinds.ts';
import { parseQuantity } from './quantity.ts';
import { createSelectorIndex } from './selector-index.ts';
import type { EventStore } from './store.ts';

/** What the pods of a node ask for together. */
export interface NodeLoad {
  cpu: number;
  memory: number;
  pods: number;
}

export interface Requests {
  /** Cores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

/** Where pods are and whose they are, kept up to date with each event: nothing looks through all pods. */
export interface PodIndex {
  onNode(node: string): readonly Pod[];
  /** Pods that a controller owns, by its uid. */
  ownedBy(uid: string): readonly Pod[];
  /** Pods that a budget selects, by its key. */
  guardedBy(budget: string): readonly Pod[];
  /** Keys of the budgets that select the pod. */
  budgetsOf(pod: Pod): readonly string[];
  /** Keys of pods that have no node yet. */
  readonly unscheduled: ReadonlySet<string>;
  load(node: string): Readonly<NodeLoad>;
  get(key: string): Pod | null;
}

const NO_LOAD: Readonly<NodeLoad> = { cpu: 0, memory: 0, pods: 0 };

export function createPodIndex(store: EventStore): PodIndex {
  const pods = new Map<string, Pod>();
  const byNode = new Map<string, Map<string, Pod>>();
  const byOwner = new Map<string, Map<string, Pod>>();
  const byBudget = new Map<string, Set<string>>();
  const loads = new Map<string, NodeLoad>();
  const unscheduled = new Set<string>();
  const budgets = createSelectorIndex();

  function budgetsOf(pod: Pod): readonly string[] {
    return budgets.matching(pod.metadata.namespace ?? '', pod.metadata.labels ?? {});
  }

  function addLoad(pod: Pod, sign: 1 | -1): void {
    const node = pod.spec.nodeName;
    if (node === undefined || isOver(pod)) return;
    let load = loads.get(node);
    if (load === undefined) {
      load = { cpu: 0, memory: 0, pods: 0 };
      loads.set(node, load);
    }
    const wanted = requestsOf(pod);
    load.cpu += sign * wanted.cpu;
    load.memory += sign * wanted.memory;
    load.pods += sign;
  }

  function forget(key: string, pod: Pod, stays: boolean): void {
    addLoad(pod, -1);
    if (pod.spec.nodeName !== undefined) byNode.get(pod.spec.nodeName)?.delete(key);
    const owner = ownerOf(pod);
    if (owner !== null) {
      const owned = byOwner.get(owner.uid);
      owned?.delete(key);
      if (owned?.size === 0) byOwner.delete(owner.uid);
    }
    if (stays) return;
    unscheduled.delete(key);
    pods.delete(key);
    for (const budget of budgetsOf(pod)) byBudget.get(budget)?.delete(key);
  }

  function learn(key: string, pod: Pod, before: Pod | undefined): void {
    pods.set(key, pod);
    addLoad(pod, 1);
    const node = pod.spec.nodeName;
    if (node === undefined) unscheduled.add(key);
    else {
      unscheduled.delete(key);
      into(byNode, node).set(key, pod);
    }
    const owner = ownerOf(pod);
    if (owner !== null) into(byOwner, owner.uid).set(key, pod);
    if (before !== undefined && before.metadata.labels === pod.metadata.labels) return;
    if (before !== undefined) for (const budget of budgetsOf(before)) byBudget.get(budget)?.delete(key);
    for (const budget of budgetsOf(pod)) byBudget.get(budget)?.add(key);
  }

  function onPod({ type, object, previous }: StoreEvent): void {
    const key = keyOf(object);
    const before = previous === undefined ? undefined : podOf(previous);
    if (before !== undefined) forget(key, before, type !== 'DELETED');
    if (type !== 'DELETED') learn(key, podOf(object), before);
  }

  function onBudget({ type, object, previous }: StoreEvent): void {
    const key = keyOf(object);
    if (type === 'DELETED') {
      budgets.remove(object);
      byBudget.delete(key);
      return;
    }
    const { selector } = budgetOf(object).spec;
    if (previous !== undefined && budgetOf(previous).spec.selector === selector) return;
    budgets.put(object, selector);
    const selected = [...pods].filter(([, pod]) => pod.metadata.namespace === object.metadata.namespace && budgetsOf(pod).includes(key));
    byBudget.set(key, new Set(selected.map(([name]) => name)));
  }

  store.subscribe((event) => {
    if (event.resource === 'pods') onPod(event);
    if (event.resource === 'poddisruptionbudgets') onBudget(event);
  });

  return {
    onNode: (node) => [...(byNode.get(node)?.values() ?? [])],
    ownedBy: (uid) => [...(byOwner.get(uid)?.values() ?? [])],
    guardedBy: (budget) => [...(byBudget.get(budget) ?? [])].flatMap((key) => pods.get(key) ?? []),
    budgetsOf,
    unscheduled,
    load: (node) => loads.get(node) ?? NO_LOAD,
    get: (key) => pods.get(key) ?? null,
  };
}

function into(index: Map<string, Map<string, Pod>>, key: string): Map<string, Pod> {
  let found = index.get(key);
  if (found === undefined) {
    found = new Map();
    index.set(key, found);
  }
  return found;
}

/** A pod's spec stays the same object through all changes of its status. */
const asked = new WeakMap<PodSpec, Requests>();

/** Cores and bytes that a pod asks for. */
export function requestsOf(pod: Pod): Requests {
  const known = asked.get(pod.spec);
  if (known !== undefined) return known;
  let cpu = 0;
  let memory = 0;
  for (const { resources } of pod.spec.containers) {
    cpu += parseQuantity(resources?.requests?.['cpu']);
    memory += parseQuantity(resources?.requests?.['memory']);
  }
  const sum = { cpu, memory };
  asked.set(pod.spec, sum);
  return sum;
}
