import { withCondition } from './conditions.ts';
import type { RecordEvent } from './events.ts';
import { isTolerated, obstacle, onlyNode } from './feasible.ts';
import { isEnding, isOver, keyOf, podOf } from './kinds.ts';
import type { Pod } from './kinds.ts';
import { CONTROLLER_DELAY_MS } from './machinery.ts';
import type { Machinery, Settling } from './machinery.ts';
import type { NodeFacts, NodeIndex } from './node-index.ts';
import { requestsOf } from './pod-index.ts';
import type { Requests } from './pod-index.ts';
import { spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';
import { createWorkQueue } from './work-queue.ts';

/** Pods without a place are looked at again at most this often. */
const RETRY_MS = 1_000;
/** In larger clusters the scheduler stops looking once it has found enough nodes: minFeasibleNodesToFind. */
const ENOUGH_NODES = 100;
// Default weights of the scheduler's scoring plugins.
const TAINT_WEIGHT = 3;
const SPREAD_WEIGHT = 2;

/** Binds pods to nodes. */
export function createScheduler(machinery: Machinery, nodes: NodeIndex, record: RecordEvent): Settling {
  const { store, index, clock } = machinery;
  const parked = new Set<string>();
  let next = 0;
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, schedule);
  const retries = createWorkQueue(clock, RETRY_MS, () => {
    for (const key of parked) queue.add(key);
    parked.clear();
  });

  function schedule(key: string): void {
    const pod = index.get(key);
    if (pod === null || pod.spec.nodeName !== undefined || isEnding(pod)) return;
    const chosen = choose(pod);
    if ('node' in chosen) bind(pod, chosen.node);
    else park(pod, chosen.reasons);
  }

  function choose(pod: Pod): { readonly node: string } | { readonly reasons: ReadonlyMap<string, number> } {
    const reasons = new Map<string, number>();
    const asked = requestsOf(pod);
    const spread = spreadOf(pod, index, nodes);
    const only = onlyNode(pod);
    const candidates = only === null ? nodes.all : [nodes.get(only)].filter((node) => node !== null);
    const enough = Math.max(ENOUGH_NODES, Math.floor((candidates.length * Math.max(5, 50 - candidates.length / 125)) / 100));
    const feasible: NodeFacts[] = [];
    let looked = 0;
    for (; looked < candidates.length && feasible.length < enough; looked += 1) {
      const node = candidates[(next + looked) % candidates.length];
      if (node === undefined) break;
      const reason = obstacle(pod, node, index.load(node.name), asked) ?? spread.obstacle(node);
      if (reason === null) feasible.push(node);
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    next = candidates.length === 0 ? 0 : (next + looked) % Math.max(1, nodes.all.length);
    const best = bestOf(pod, feasible, spread);
    return best === null ? { reasons } : { node: best.name };
  }

  function bestOf(pod: Pod, feasible: readonly NodeFacts[], spread: Spread): NodeFacts | null {
    let best: NodeFacts | null = null;
    let highest = Number.NEGATIVE_INFINITY;
    const asked = requestsOf(pod);
    const shunned = feasible.map((node) => softTaints(pod, node));
    let worst = 1;
    for (const count of shunned) worst = Math.max(worst, count);
    for (const [at, node] of feasible.entries()) {
      const score = TAINT_WEIGHT * 100 * (1 - (shunned[at] ?? 0) / worst) + SPREAD_WEIGHT * spread.score(node) + freePart(asked, node);
      if (score <= highest) continue;
      best = node;
      highest = score;
    }
    return best;
  }

  /** Percent of the node that is free with the pod on it, cpu and memory alike: LeastAllocated. */
  function freePart({ cpu, memory }: Requests, node: NodeFacts): number {
    const load = index.load(node.name);
    const freeCpu = node.cpu === 0 ? 0 : 1 - (load.cpu + cpu) / node.cpu;
    const freeMemory = node.memory === 0 ? 0 : 1 - (load.memory + memory) / node.memory;
    // What asks for nothing would all go to one node otherwise; the real scheduler takes a small amount for granted.
    const freePods = node.pods === 0 ? 0 : 1 - load.pods / node.pods;
    return (100 * (freeCpu + freeMemory + freePods)) / 3;
  }

  function bind(pod: Pod, nodeName: string): void {
    store.update('pods', pod.metadata.namespace ?? null, pod.metadata.name, (object) => {
      const bound = podOf(object);
      return {
        ...bound,
        spec: { ...bound.spec, nodeName },
        status: { ...bound.status, conditions: withCondition(bound.status?.conditions, { type: 'PodScheduled', status: 'True' }, clock.now()) },
      };
    });
  }

  function park(pod: Pod, reasons: ReadonlyMap<string, number>): void {
    parked.add(keyOf(pod));
    const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).toSorted();
    const message = `0/${nodes.all.length} nodes are available: ${parts.length === 0 ? 'no nodes match the pod' : parts.join(', ')}.`;
    const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (known?.message === message) return;
    store.update('pods', pod.metadata.namespace ?? null, pod.metadata.name, (object) => ({
      ...object,
      status: { ...pod.status, conditions: withCondition(pod.status?.conditions, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }, clock.now()) },
    }));
    record(pod, 'Warning', 'FailedScheduling', message, 'default-scheduler');
  }

  function retry(): void {
    if (parked.size > 0) retries.add('parked');
  }

  store.subscribe(({ resource, type, object, previous, restored }) => {
    if (resource !== 'pods') return;
    // Only a store that went back takes a pod's node away.
    if (podOf(object).spec.nodeName === undefined && (type === 'ADDED' || restored === true)) queue.add(keyOf(object));
    // A pod that is over takes no room any more.
    if (type === 'MODIFIED' && previous !== undefined && !isOver(podOf(previous)) && isOver(podOf(object))) retry();
    if (type !== 'DELETED') return;
    parked.delete(keyOf(object));
    if (previous !== undefined && podOf(previous).spec.nodeName !== undefined) retry();
  });
  nodes.onRoom(retry);
  return { settle: () => queue.flush() };
}

function softTaints(pod: Pod, node: NodeFacts): number {
  let count = 0;
  for (const taint of node.taints) if (taint.effect === 'PreferNoSchedule' && !isTolerated(taint, pod.spec.tolerations ?? [])) count += 1;
  return count;
}
