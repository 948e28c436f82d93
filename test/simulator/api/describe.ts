import { CONTROL_PLANE_TAINT } from '../../../simulator/description.ts';
import type { ClusterDescription, NodeDescription, Timings } from '../../../simulator/description.ts';
import type { ApiObject } from '../../../simulator/model.ts';

const QUICK = { meanMs: 1_000, variation: 0 };

export const TIMINGS: Timings = {
  fetchPackages: QUICK, pullImage: QUICK, installPackages: QUICK, kubeadmEtcd: QUICK, kubeadmControlPlane: QUICK, kubeadmWorker: QUICK, restartKubelet: QUICK,
  nodeReady: { meanMs: 2_000, variation: 0 }, staticPodsReady: { meanMs: 3_000, variation: 0 }, startPod: { meanMs: 3_000, variation: 0.2 }, stopPodPart: { meanMs: 0.1, variation: 0.1 }, snapshot: QUICK,
};

export function worker(name: string, zone: string | null = null, change: Partial<NodeDescription> = {}): NodeDescription {
  return { name, role: 'worker', zone, labels: {}, taints: [], unschedulable: false, allocatable: { cpuMillis: 4_000, memoryMiB: 16_384, pods: 110 }, ...change };
}

export function describeCluster(nodes: readonly NodeDescription[], objects: readonly ApiObject[] = []): ClusterDescription {
  return { name: 'twin', clusterUid: '11111111-1111-4111-a111-111111111111', version: 'v1.33.13', target: 'v1.34.4', packageManager: 'apt', nodes, objects, timings: TIMINGS, faults: [] };
}

export function workers(count: number): readonly NodeDescription[] {
  return [worker('cp1', 'z1', { role: 'control-plane', taints: [CONTROL_PLANE_TAINT] }), ...Array.from({ length: count }, (_, at) => worker(`w${at + 1}`, `z${(at % 3) + 1}`))];
}

export interface WorkloadOptions {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job';
  readonly replicas?: number;
  readonly cpu?: string;
  readonly namespace?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
}

export function workload(name: string, options: WorkloadOptions = {}): ApiObject {
  const { kind = 'Deployment', replicas = 3, cpu = '100m', namespace = 'default', spec = {} } = options;
  const labels = { app: name };
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, metadata: { name, namespace, labels },
    spec: {
      ...(kind === 'DaemonSet' || kind === 'Job' ? {} : { replicas }), selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu, memory: '64Mi' } } }], ...spec } },
    },
  };
}

export function budget(name: string, spec: Readonly<Record<string, unknown>>, namespace = 'default'): ApiObject {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace }, spec: { selector: { matchLabels: { app: name } }, ...spec } };
}
