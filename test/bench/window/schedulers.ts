import { nextNode, orderByDrain, widthNow } from '../../../workflows/domain/next-node.ts';
import { compareNames } from '../../../workflows/domain/order.ts';
import type { WindowNode } from '../../../workflows/domain/next-node.ts';
import { timeOf } from './draws.ts';
import type { DrawnNode } from './draws.ts';

/** A way to go through nodes, at most `width` at once: the time at which the last one ends. Nobody knows the draws before. */
export type Scheduler = (nodes: readonly DrawnNode[], width: number) => number;

/** No scheduler is quicker: every slot busy to the end, and no node cut in pieces. */
export function ideal(nodes: readonly DrawnNode[], width: number): number {
  const times = nodes.map(timeOf);
  return Math.max(times.reduce((sum, time) => sum + time, 0) / width, ...times);
}

/** Capstan's window: the workflow's own choice of the next node, at the moment in which one ends. Here nothing is known of the drains. */
export function slidingWindow(nodes: readonly DrawnNode[], width: number): number {
  return runWindow(nodes, width, () => 0);
}

/** The same, where the drains take as long as was expected of them; of the other steps nothing is known. */
export function foreseenWindow(nodes: readonly DrawnNode[], width: number): number {
  return runWindow(nodes, width, ({ steps }) => steps.find(({ step }) => step === 'drainNode')?.time ?? 0);
}

function runWindow(nodes: readonly DrawnNode[], width: number, expectedDrain: (node: DrawnNode) => number): number {
  const times = new Map(nodes.map((node) => [node.name, timeOf(node)]));
  const known = nodes.map((node): WindowNode => ({ name: node.name, zone: null, drainSeconds: expectedDrain(node), budgets: [] }));
  let pending: readonly WindowNode[] = orderByDrain(known, compareNames);
  let inFlight: readonly { readonly node: WindowNode; readonly endsAt: number }[] = [];
  for (let now = 0; ;) {
    const isOpen = pending.length + inFlight.length < nodes.length;
    const next = nextNode({ width: widthNow(width, isOpen), perZone: {}, allowed: [] }, pending, inFlight.map(({ node }) => node));
    if (next !== null) {
      pending = pending.filter((node) => node !== next);
      inFlight = [...inFlight, { node: next, endsAt: now + (times.get(next.name) ?? 0) }];
      continue;
    }
    if (inFlight.length === 0) return now;
    now = Math.min(...inFlight.map(({ endsAt }) => endsAt));
    inFlight = inFlight.filter(({ endsAt }) => endsAt > now);
  }
}

/**
 * Ansible's linear strategy under `serial: WIDTH`, as Kubespray upgrades workers: batch after batch, and within a batch
 * every host ends a task before any begins the next.
 */
export function serialBatches(nodes: readonly DrawnNode[], width: number): number {
  return sum(batches(nodes, width).map((batch) => {
    const tasks = Math.max(...batch.map(({ steps }) => steps.length));
    return sum(Array.from({ length: tasks }, (_, task) => Math.max(...batch.map(({ steps }) => steps[task]?.time ?? 0))));
  }));
}

/** RKE's batches of `max_unavailable_worker`: hosts of a batch go their own pace, and the next batch begins when the last has ended. */
export function nodeBatches(nodes: readonly DrawnNode[], width: number): number {
  return sum(batches(nodes, width).map((batch) => Math.max(...batch.map(timeOf))));
}

/**
 * system-upgrade-controller: `concurrency` Jobs at once, the next one applied when one has ended. A window as well, but each
 * node's Job is a pod that must be scheduled and started first.
 *
 * @param startTime Of the Job's pod, in units of the mean node.
 */
export function jobs(startTime: number): Scheduler {
  return (nodes, width) => {
    const slots = Array.from({ length: width }, () => 0);
    for (const node of nodes) {
      const free = slots.indexOf(Math.min(...slots));
      slots[free] = (slots[free] ?? 0) + startTime + timeOf(node);
    }
    return Math.max(...slots);
  };
}

function batches(nodes: readonly DrawnNode[], width: number): readonly (readonly DrawnNode[])[] {
  return Array.from({ length: Math.ceil(nodes.length / width) }, (_, index) => nodes.slice(index * width, (index + 1) * width));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
