import type { ClusterDump, DumpedNode, DumpedWorkload, PodShape } from '../../workflows/domain/cluster-dump.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import { CONTROL_PLANE_LABEL } from '../../activities/kubernetes/paths.ts';
import type { ClusterDescription, NodeDescription, Taint, Timings } from '../description.ts';
import type { ApiObject } from '../model.ts';
import { workloadObjects } from './workload-objects.ts';

/** The twin of a cluster that was read. */
export function describeTwin(dump: ClusterDump, plan: UpgradePlan, timings: Timings): ClusterDescription {
  return {
    name: plan.cluster, clusterUid: dump.clusterUid, version: plan.from, target: plan.to, packageManager: 'apt',
    nodes: dump.nodes.map(nodeDescription),
    objects: [
      ...namespaceObjects(dump),
      // Its presence says that the cluster is described whole: the twin then adds nothing of kubeadm's.
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system' }, data: {} },
      ...dump.budgets.map(budgetObject),
      ...dump.workloads.flatMap((workload, index) => workloadObjects({ workload, index, shape: dump.shapes[workload.shape] ?? NO_SHAPE, nodes: dump.nodes })),
    ],
    timings, faults: [],
  };
}

const NO_SHAPE: PodShape = { cpuMillis: 0, memoryMiB: 0, graceSeconds: 30 };

function nodeDescription(node: DumpedNode): NodeDescription {
  return {
    name: node.name, role: node.controlPlane ? 'control-plane' : 'worker', zone: node.labels[ZONE_LABEL] ?? null,
    labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': node.name, ...node.labels, ...(node.controlPlane ? { [CONTROL_PLANE_LABEL]: '' } : {}) },
    taints: node.taints.flatMap(taintOf), unschedulable: node.unschedulable,
    allocatable: { cpuMillis: node.cpuMillis, memoryMiB: node.memoryMiB, pods: node.pods },
    kubeletVersion: node.kubeletVersion,
  };
}

function taintOf({ key, value, effect }: DumpedNode['taints'][number]): readonly Taint[] {
  switch (effect) {
    case 'NoSchedule':
    case 'PreferNoSchedule':
    case 'NoExecute':
      return [{ key, effect, ...(value === undefined ? {} : { value }) }];
    default:
      return [];
  }
}

function namespaceObjects(dump: ClusterDump): readonly ApiObject[] {
  const names = new Set(['default', 'kube-public', 'kube-node-lease', ...[...dump.workloads, ...dump.budgets].map(({ namespace }) => namespace)]);
  names.delete('kube-system');
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', ...(dump.clusterUid === '' ? {} : { uid: dump.clusterUid }) } },
    ...[...names].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  ];
}

function budgetObject({ namespace, name, ...spec }: ClusterDump['budgets'][number]): ApiObject {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace }, spec };
}

/** `namespace/name` as people know a workload. */
export function workloadName({ namespace, name }: Pick<DumpedWorkload, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
