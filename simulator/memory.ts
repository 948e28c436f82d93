import { getHeapStatistics } from 'node:v8';
import type { ClusterDescription } from './description.ts';

/** What a node and a pod of a twin take, history and connections included; measured with 100 and 1,000 nodes, and rounded up. */
const NODE_KIB = 120;
const POD_KIB = 14;
/** What the program takes without any node. */
const BASE_KIB = 150 * 1024;
/** Part of what is free that a twin may fill: others run on this machine too. */
const SHARE = 0.8;

/**
 * @param freeKib Memory that may be used; default is what this machine, its container and this process's heap leave.
 * @throws Error with the number of nodes that would fit.
 */
export function requireMemory(description: Pick<ClusterDescription, 'nodes' | 'objects'>, freeKib: number = freeMemoryKib()): void {
  const nodes = description.nodes.length;
  const podsPerNode = podsOf(description) / Math.max(1, nodes);
  const nodeKib = NODE_KIB + podsPerNode * POD_KIB;
  const allowed = Math.max(0, Math.floor((freeKib * SHARE - BASE_KIB) / nodeKib));
  if (nodes <= allowed) return;
  throw new Error(
    `A twin of ${count(nodes)} nodes with ${podsPerNode.toFixed(0)} pods each needs about ${mib(BASE_KIB + nodes * nodeKib)}, and ${mib(freeKib * SHARE)} can be used here: ${count(allowed)} nodes are allowed.\n`
    + `Next: take ${count(allowed)} nodes or fewer, or give Node more memory: NODE_OPTIONS=--max-old-space-size=MIB.`,
  );
}

function podsOf({ nodes, objects }: Pick<ClusterDescription, 'nodes' | 'objects'>): number {
  let pods = 0;
  for (const { kind, spec } of objects) {
    if (kind === 'Pod') pods += 1;
    else if (kind === 'DaemonSet') pods += nodes.length;
    else pods += replicasOf(spec);
  }
  return pods;
}

function replicasOf(spec: unknown): number {
  if (typeof spec !== 'object' || spec === null || !('replicas' in spec)) return 0;
  return typeof spec.replicas === 'number' ? spec.replicas : 0;
}

function freeMemoryKib(): number {
  const heap = getHeapStatistics();
  const heapFree = heap.heap_size_limit - heap.used_heap_size;
  return Math.min(process.availableMemory(), heapFree) / 1024;
}

function mib(kib: number): string {
  return `${count(Math.round(kib / 1024))} MiB`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
