import type { Node, Pod } from '../../activities/kubernetes/objects.ts';
import type { ControlPlaneKube } from '../../activities/kubeadm/control-plane-now.ts';

export interface PlannedKubeOptions {
  /** Version of the API server on each control-plane node. Default: v1.33.13 on cp1, cp2 and cp3. */
  readonly apiServers?: Readonly<Record<string, string>>;
  /** Of kubeadm-config. Default: that of the newest API server. */
  readonly kubeadmConfig?: string;
  /** imageRepository of kubeadm-config; none by default. */
  readonly imageRepository?: string;
  /** Nodes whose API server is not Ready. */
  readonly down?: readonly string[];
  readonly change?: Partial<ControlPlaneKube>;
}

/** An API in which every node is the planned one: its UID is `uid-NAME`. */
export function plannedKube({ apiServers = { cp1: 'v1.33.13', cp2: 'v1.33.13', cp3: 'v1.33.13' }, kubeadmConfig, imageRepository, down = [], change }: PlannedKubeOptions = {}): ControlPlaneKube {
  const newest = Object.values(apiServers).toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1) ?? 'v1.33.13';
  return {
    getNode: async (name): Promise<Node> => ({ metadata: { name, uid: `uid-${name}`, resourceVersion: '1' }, spec: {}, status: { nodeInfo: { kubeletVersion: 'v1.33.13' } } }),
    listPods: async () => Object.entries(apiServers).map(([node, version]) => apiServerPod(node, version, !down.includes(node))),
    getConfigMap: async () => ({ metadata: { name: 'kubeadm-config', uid: 'config', resourceVersion: '1' }, data: { ClusterConfiguration: `kubernetesVersion: ${kubeadmConfig ?? newest}\n${imageRepository === undefined ? '' : `imageRepository: ${imageRepository}\n`}` } }),
    serverVersion: async () => newest,
    ...change,
  };
}

export function openPlannedKube(options: PlannedKubeOptions = {}): () => Promise<ControlPlaneKube> {
  const kube = plannedKube(options);
  return async () => kube;
}

/** The control plane is done: what workers and kubelets go up beside. */
export const UPGRADED = { apiServers: { cp1: 'v1.34.4', cp2: 'v1.34.4', cp3: 'v1.34.4' } } as const;

function apiServerPod(node: string, version: string, isReady: boolean): Pod {
  return {
    metadata: {
      name: `kube-apiserver-${node}`, namespace: 'kube-system', uid: `api-${node}`, resourceVersion: '1', labels: { component: 'kube-apiserver', tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.mirror': 'hash' }, ownerReferences: [{ kind: 'Node', name: node, uid: `uid-${node}`, controller: true }],
    },
    spec: { nodeName: node, containers: [{ name: 'kube-apiserver', image: `registry.k8s.io/kube-apiserver:${version}` }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  };
}
