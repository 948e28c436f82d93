import { DUMPED_KINDS } from '../../workflows/domain/cluster-dump.ts';
import type { DumpedKind, PodShape } from '../../workflows/domain/cluster-dump.ts';
import type { Selector } from '../kubernetes/objects.ts';
import { shapeOf } from './pod-shape.ts';
import type { VolumeTerms } from './pod-shape.ts';
import { controllerRef } from './raw-objects.ts';
import type { RawPod, RawWorkload } from './raw-objects.ts';

const MIRROR = 'kubernetes.io/config.mirror';

/** Pods of one workload, as far as they were added. */
export interface CollectedWorkload {
  readonly kind: DumpedKind;
  readonly namespace: string;
  readonly name: string;
  /** Null takes as many as there are pods. */
  readonly replicas: number | null;
  readonly selector: Selector | null;
  /** Of the first pod. */
  readonly labels: Readonly<Record<string, string>>;
  readonly shape: number;
  /** Index of the node for each pod, -1 without one: Ready ones, and the others. */
  readonly ready: number[];
  readonly unready: number[];
}

export interface PodCollection {
  add(pod: RawPod): void;
  readonly workloads: readonly CollectedWorkload[];
  readonly shapes: readonly PodShape[];
}

/** What owns pods, known before the pods are read. */
export interface Owners {
  readonly nodes: ReadonlyMap<string, number>;
  readonly replicaSets: ReadonlyMap<string, RawWorkload>;
  /** Deployments, StatefulSets, DaemonSets and Jobs by uid. */
  readonly workloads: ReadonlyMap<string, RawWorkload>;
  readonly volumes: VolumeTerms;
}

/** Gathers pods by the workload that they belong to; what is finished, ends or is static is left out. */
export function collectPods(owners: Owners): PodCollection {
  const workloads = new Map<string, CollectedWorkload>();
  const shapes = new Map<string, number>();
  const shapeList: PodShape[] = [];

  function shapeIndex(pod: RawPod): number {
    const shape = shapeOf(pod, owners.volumes);
    const text = JSON.stringify(shape);
    const known = shapes.get(text);
    if (known !== undefined) return known;
    shapes.set(text, shapeList.length);
    shapeList.push(shape);
    return shapeList.length - 1;
  }

  function workloadOf(pod: RawPod): CollectedWorkload {
    const owner = ownerOf(pod, owners);
    let workload = workloads.get(owner.uid);
    if (workload === undefined) {
      workload = {
        kind: owner.kind, namespace: pod.metadata.namespace ?? 'default', name: owner.name, replicas: owner.replicas, selector: owner.selector,
        labels: pod.metadata.labels ?? {}, shape: shapeIndex(pod), ready: [], unready: [],
      };
      workloads.set(owner.uid, workload);
    }
    return workload;
  }

  function add(pod: RawPod): void {
    if (pod.metadata.deletionTimestamp !== undefined || Object.hasOwn(pod.metadata.annotations ?? {}, MIRROR)) return;
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
    const workload = workloadOf(pod);
    const node = owners.nodes.get(pod.spec.nodeName ?? '') ?? -1;
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    (isReady ? workload.ready : workload.unready).push(node);
  }

  return {
    add,
    get workloads() { return [...workloads.values()]; },
    shapes: shapeList,
  };
}

interface Owner {
  readonly uid: string;
  readonly kind: DumpedKind;
  readonly name: string;
  readonly replicas: number | null;
  readonly selector: Selector | null;
}

/** The Deployment behind a ReplicaSet, else the owner itself, else the pod. */
function ownerOf(pod: RawPod, { replicaSets, workloads }: Owners): Owner {
  const direct = controllerRef(pod.metadata);
  if (direct === null) return { uid: pod.metadata.uid, kind: 'Pod', name: pod.metadata.name, replicas: 1, selector: null };
  const set = replicaSets.get(direct.uid);
  const above = set === undefined ? null : controllerRef(set.metadata);
  const top = above?.kind === 'Deployment' ? above : direct;
  const body = workloads.get(top.uid) ?? set;
  return { uid: top.uid, kind: kindOf(top.kind), name: top.name, replicas: body?.spec.replicas ?? body?.spec.parallelism ?? null, selector: body?.spec.selector ?? null };
}

/** What an operator of its own brings back is brought back somewhere else, as a ReplicaSet would. */
function kindOf(kind: string): DumpedKind {
  return DUMPED_KINDS.find((known) => known === kind && known !== 'Pod') ?? 'ReplicaSet';
}
