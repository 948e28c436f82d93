import type { ClusterDump, DumpedBudget, DumpedNode, DumpedSelector, DumpedWorkload, PodShape } from '../../workflows/domain/cluster-dump.ts';
import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import type { DisruptionBudget, Selector } from '../kubernetes/objects.ts';
import { isReady } from '../nodes/ready.ts';
import type { CollectedWorkload, PodCollection } from './collect-pods.ts';
import { cpuMillis, memoryMiB } from './quantity.ts';
import type { RawNode } from './raw-objects.ts';

const HOST_LABEL = 'kubernetes.io/hostname';

export interface DumpParts {
  readonly clusterUid: string;
  readonly serverVersion: string;
  readonly etcdLeader: string | null;
  /** In the order that the indexes of `pods` follow. */
  readonly nodes: readonly RawNode[];
  /** Names of the nodes that run a control plane. */
  readonly controlPlanes: ReadonlySet<string>;
  readonly pods: PodCollection;
  readonly budgets: readonly DisruptionBudget[];
  /** Labels of nodes that pools select by. */
  readonly poolKeys: readonly string[];
  readonly gaps: readonly string[];
}

/** The dump of what was read; labels that nothing selects by are left behind. */
export function assembleDump(parts: DumpParts): ClusterDump {
  const { shapes } = parts.pods;
  const nodeKeys = new Set([ZONE_LABEL, HOST_LABEL, ...parts.poolKeys, ...shapes.flatMap(nodeKeysOf)]);
  const podKeys = new Set([
    ...parts.budgets.flatMap(({ spec }) => keysOf(spec.selector)),
    ...shapes.flatMap(({ apart = [], spread = [] }) => [...apart, ...spread].flatMap(({ alike = [], selector }) => [...alike, ...keysOf(selector)])),
  ]);
  return {
    clusterUid: parts.clusterUid, serverVersion: parts.serverVersion, etcdLeader: parts.etcdLeader,
    nodes: parts.nodes.map((node) => nodeOf(node, nodeKeys, parts.controlPlanes)),
    shapes,
    // In order, so that what is alike stands together and packs well.
    workloads: parts.pods.workloads.map((workload) => workloadOf(workload, podKeys)).toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    budgets: parts.budgets.map(budgetOf),
    gaps: parts.gaps,
  };
}

function nodeOf(node: RawNode, keys: ReadonlySet<string>, controlPlanes: ReadonlySet<string>): DumpedNode {
  const { allocatable = {}, nodeInfo } = node.status;
  return {
    name: node.metadata.name,
    controlPlane: controlPlanes.has(node.metadata.name),
    labels: kept(node.metadata.labels, keys),
    taints: (node.spec.taints ?? []).filter(({ key }) => !key.startsWith('node.kubernetes.io/')).map(({ key, value, effect }) => ({ key, effect, ...(value === undefined ? {} : { value }) })),
    // The twin's kubelets all run: nothing may be moved to one that does not.
    unschedulable: node.spec.unschedulable === true || !isReady(node),
    cpuMillis: cpuMillis(allocatable['cpu']),
    memoryMiB: memoryMiB(allocatable['memory']),
    pods: Number(allocatable['pods'] ?? 110),
    kubeletVersion: nodeInfo.kubeletVersion,
  };
}

function workloadOf(workload: CollectedWorkload, podKeys: ReadonlySet<string>): DumpedWorkload {
  const { kind, namespace, name, shape, ready, unready } = workload;
  const keys = new Set([...podKeys, ...keysOf(workload.selector)]);
  const labels = kept(workload.labels, keys);
  return {
    kind, namespace, name, shape,
    replicas: workload.replicas ?? ready.length + unready.length,
    ...(isOwnLabels(workload.selector, labels) ? {} : { selector: selectorOf(workload.selector) ?? {} }),
    labels,
    // Sorted: equal numbers beside one another pack well.
    on: [...ready.toSorted((left, right) => left - right), ...unready.toSorted((left, right) => left - right)],
    ...(unready.length === 0 ? {} : { unready: unready.length }),
  };
}

function keyOf({ namespace, name, kind }: DumpedWorkload): string {
  return `${namespace}/${name}/${kind}`;
}

function isOwnLabels(selector: Selector | null, labels: Readonly<Record<string, string>>): boolean {
  if (selector === null) return true;
  const wanted = Object.entries(selector.matchLabels ?? {});
  return (selector.matchExpressions ?? []).length === 0 && wanted.length === Object.keys(labels).length && wanted.every(([key, value]) => labels[key] === value);
}

function budgetOf({ metadata, spec }: DisruptionBudget): DumpedBudget {
  const policy: unknown = Reflect.get(spec, 'unhealthyPodEvictionPolicy');
  return {
    namespace: metadata.namespace ?? 'default', name: metadata.name, selector: selectorOf(spec.selector),
    ...(spec.minAvailable === undefined ? {} : { minAvailable: spec.minAvailable }),
    ...(spec.maxUnavailable === undefined ? {} : { maxUnavailable: spec.maxUnavailable }),
    ...(typeof policy === 'string' ? { unhealthyPodEvictionPolicy: policy } : {}),
  };
}

function selectorOf(selector: Selector | null | undefined): DumpedSelector | null {
  if (selector === null || selector === undefined) return null;
  const { matchLabels, matchExpressions } = selector;
  return { ...(matchLabels === undefined ? {} : { matchLabels }), ...(matchExpressions === undefined ? {} : { matchExpressions }) };
}

function nodeKeysOf({ nodeSelector, nodeTerms = [], apart = [], spread = [] }: PodShape): readonly string[] {
  return [...Object.keys(nodeSelector ?? {}), ...nodeTerms.flat().map(({ key }) => key), ...[...apart, ...spread].map(({ topologyKey }) => topologyKey)];
}

function keysOf(selector: DumpedSelector | Selector | null | undefined): readonly string[] {
  if (selector === null || selector === undefined) return [];
  return [...Object.keys(selector.matchLabels ?? {}), ...(selector.matchExpressions ?? []).map(({ key }) => key)];
}

function kept(labels: Readonly<Record<string, string>> | undefined, keys: ReadonlySet<string>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => keys.has(key)));
}
