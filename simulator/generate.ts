import { createHash } from 'node:crypto';
import { ZONE_LABEL } from '../workflows/domain/zone.ts';
import { CONTROL_PLANE_TAINT } from './description.ts';
import type { ClusterDescription, Fault, NodeDescription, Timings } from './description.ts';
import { networkAddon } from './generate/network.ts';
import { ordinaryWorkloads } from './generate/workloads.ts';
import { LAB_TIMINGS } from './timings.ts';

/** What a generated cluster looks like. The same options give the same cluster. */
export interface GenerateOptions {
  readonly name: string;
  readonly seed: number;
  readonly workers: number;
  /** Each carries an etcd member. Default 3. */
  readonly controlPlanes?: number;
  /** Pods that a drain has to move, per worker on average. Default 6. */
  readonly podsPerNode?: number;
  /** Zones `z1` and so on that nodes are spread over. Default 3; 0 labels no node. */
  readonly zones?: number;
  /** Default v1.33.13. */
  readonly version?: string;
  /** Default v1.34.4. */
  readonly target?: string;
  /** Default apt. */
  readonly packageManager?: ClusterDescription['packageManager'];
  /** Default: as measured on the lab. */
  readonly timings?: Timings;
  readonly faults?: readonly Fault[];
}

/** Release that generated clusters start from, and the next minor: the two that the lab upgrades between. */
export const GENERATED_VERSION = 'v1.33.13';
export const GENERATED_TARGET = 'v1.34.4';

const WORKER_ALLOCATABLE = { cpuMillis: 4_000, memoryMiB: 16_384, pods: 110 } as const;
const CONTROL_PLANE_ALLOCATABLE = { cpuMillis: 2_000, memoryMiB: 4_096, pods: 110 } as const;
const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

/** An ordinary kubeadm cluster: zones, Deployments and StatefulSets with budgets, DaemonSets, a Job. */
export function generateCluster(options: GenerateOptions): ClusterDescription {
  const { name, seed, workers, controlPlanes = 3, podsPerNode = 6, version = GENERATED_VERSION, target = GENERATED_TARGET } = options;
  return {
    name, version, target,
    clusterUid: uidOf('cluster', name, seed),
    packageManager: options.packageManager ?? 'apt',
    nodes: [
      ...named('cp', controlPlanes).map((node, index) => nodeOf(node, 'control-plane', index, options)),
      ...named('w', workers).map((node, index) => nodeOf(node, 'worker', index, options)),
    ],
    objects: [networkAddon(), ...ordinaryWorkloads({ seed, pods: workers * podsPerNode, cpuMillis: requestOf(podsPerNode), workers })],
    timings: options.timings ?? LAB_TIMINGS,
    faults: options.faults ?? [],
  };
}

/** `cp1`, `cp2`; with leading zeros where they are many, so that names sort as people count. */
function named(prefix: string, count: number): readonly string[] {
  const width = String(count).length;
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(width, '0')}`);
}

function nodeOf(name: string, role: NodeDescription['role'], index: number, { zones = 3 }: GenerateOptions): NodeDescription {
  const zone = zones === 0 ? null : `z${(index % zones) + 1}`;
  const isControlPlane = role === 'control-plane';
  return {
    name, role, zone,
    labels: {
      'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64',
      ...(zone === null ? {} : { [ZONE_LABEL]: zone }),
      ...(isControlPlane ? { [CONTROL_PLANE]: '' } : {}),
    },
    taints: isControlPlane ? [CONTROL_PLANE_TAINT] : [],
    unschedulable: false,
    allocatable: isControlPlane ? CONTROL_PLANE_ALLOCATABLE : WORKER_ALLOCATABLE,
  };
}

/** Workers stay half empty, so that what a drain evicts has somewhere to go. */
function requestOf(podsPerNode: number): number {
  return Math.max(10, Math.min(250, Math.floor(WORKER_ALLOCATABLE.cpuMillis / 2 / Math.max(1, podsPerNode))));
}

function uidOf(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(parts.join('\0')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
