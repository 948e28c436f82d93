import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import type { DisruptionBudget } from '../kubernetes/objects.ts';
import { assembleDump } from './assemble-dump.ts';
import { collectPods } from './collect-pods.ts';
import type { PodCollection } from './collect-pods.ts';
import { volumeTerms } from './pod-shape.ts';
import type { VolumeTerms } from './pod-shape.ts';
import type { RawNode, RawPod, RawVolume, RawWorkload } from './raw-objects.ts';

/** Lists of a cluster, from its API or from files. See `Kube.fold`. */
export interface ListSource {
  fold<T, R>(path: string, begin: () => R, add: (sofar: R, page: readonly T[]) => R): Promise<R>;
  /** What to say of a list that may be absent and cannot be read; throws where the failure is one of the whole source. */
  readonly gap: (error: unknown) => string;
}

export interface ReadDumpOptions {
  readonly observation: Pick<Observation, 'clusterUid' | 'serverVersion' | 'etcd' | 'nodes'>;
  readonly poolKeys: readonly string[];
}

const WORKLOADS = ['/apis/apps/v1/deployments', '/apis/apps/v1/statefulsets', '/apis/apps/v1/daemonsets', '/apis/batch/v1/jobs'] as const;

/** Reads what a rehearsal needs in pages, and keeps only that. Workloads and volumes that may not be read are gaps; nodes, pods and budgets must be there. */
export async function readDump(source: ListSource, { observation, poolKeys }: ReadDumpOptions): Promise<ClusterDump> {
  const gaps: string[] = [];
  const whole = <T>(path: string): Promise<readonly T[]> => source.fold<T, T[]>(path, () => [], (items, page) => [...items, ...page]);
  const optional = async <T, K>(path: string, keep: (item: T) => readonly K[]): Promise<readonly K[]> => {
    try {
      return await source.fold<T, K[]>(path, () => [], (items, page) => [...items, ...page.flatMap(keep)]);
    } catch (error) {
      gaps.push(source.gap(error));
      return [];
    }
  };
  const nodes = (await source.fold<RawNode, RawNode[]>('/api/v1/nodes', () => [], (items, page) => [...items, ...page.map(withoutImages)]))
    .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
  const [budgets, replicaSets, volumes, ...workloads] = await Promise.all([
    whole<DisruptionBudget>('/apis/policy/v1/poddisruptionbudgets'),
    optional<RawWorkload, RawWorkload>('/apis/apps/v1/replicasets', (set) => (set.spec.replicas === 0 ? [] : [bare(set)])),
    optional<RawVolume, RawVolume>('/api/v1/persistentvolumes', (volume) => [volume]),
    ...WORKLOADS.map((path) => optional<RawWorkload, RawWorkload>(path, (workload) => [bare(workload)])),
  ]);
  const pods = await readPods(source, nodes, { replicaSets, workloads: workloads.flat(), volumes: volumeTerms(volumes) });
  const leader = observation.etcd.members.find((member) => member.leader)?.node ?? null;
  const controlPlanes = new Set(observation.nodes.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name));
  return assembleDump({ clusterUid: observation.clusterUid, serverVersion: observation.serverVersion, etcdLeader: leader, nodes, controlPlanes, pods, budgets, poolKeys, gaps });
}

interface PodOwners {
  readonly replicaSets: readonly RawWorkload[];
  readonly workloads: readonly RawWorkload[];
  readonly volumes: VolumeTerms;
}

function readPods(source: ListSource, nodes: readonly RawNode[], { replicaSets, workloads, volumes }: PodOwners): Promise<PodCollection> {
  const owners = {
    nodes: new Map(nodes.map((node, index) => [node.metadata.name, index] as const)),
    replicaSets: byUid(replicaSets), workloads: byUid(workloads), volumes,
  };
  return source.fold<RawPod, PodCollection>('/api/v1/pods', () => collectPods(owners), (collection, page) => {
    for (const pod of page) collection.add(pod);
    return collection;
  });
}

function byUid(workloads: readonly RawWorkload[]): ReadonlyMap<string, RawWorkload> {
  return new Map(workloads.map((workload) => [workload.metadata.uid, workload] as const));
}

/** A template carries environments and commands: nothing of it is kept. */
function bare({ metadata: { name, uid, resourceVersion, namespace, ownerReferences }, spec: { replicas, parallelism, selector } }: RawWorkload): RawWorkload {
  return {
    metadata: { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }), ...(ownerReferences === undefined ? {} : { ownerReferences }) },
    spec: { ...(replicas === undefined ? {} : { replicas }), ...(parallelism === undefined ? {} : { parallelism }), ...(selector === undefined ? {} : { selector }) },
  };
}

/** The list of images is most of a node. */
function withoutImages({ metadata, spec, status: { allocatable, nodeInfo, conditions } }: RawNode): RawNode {
  return { metadata, spec, status: { nodeInfo, ...(allocatable === undefined ? {} : { allocatable }), ...(conditions === undefined ? {} : { conditions }) } };
}
