import { CONTROL_PLANE_TAINT } from '../description.ts';
import type { ClusterDescription, NodeDescription } from '../description.ts';
import type { ApiObject } from '../model.ts';
import { IMAGE_REPOSITORY, companionsOf } from '../components.ts';
import { CONTROL_PLANE_LABEL } from '../../activities/kubernetes/paths.ts';
import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import { kubeletConfiguration } from '../kubelet-config.ts';
import type { Node } from './kinds.ts';
import { machineIdsOf } from '../machine-ids.ts';
import { ready, withReady } from './kubelets.ts';

/** Node object of a described node. */
export function nodeObject(node: NodeDescription, address: string, { name: cluster, version }: Pick<ClusterDescription, 'name' | 'version'>, nowMs: number): Node {
  const { machineId, systemUuid } = machineIdsOf(cluster, node.name);
  const controlPlane = node.role === 'control-plane';
  const { cpuMillis, memoryMiB, pods } = node.allocatable;
  const resources = { cpu: `${cpuMillis}m`, memory: `${memoryMiB}Mi`, pods: String(pods) };
  const bare: Node = {
    apiVersion: 'v1', kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/hostname': node.name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64',
        ...(controlPlane ? { [CONTROL_PLANE_LABEL]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
        ...(node.zone === null ? {} : { [ZONE_LABEL]: node.zone }),
        ...node.labels,
      },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: { ...(node.unschedulable ? { unschedulable: true } : {}), ...(node.taints.length === 0 ? {} : { taints: node.taints }) },
    status: {
      capacity: resources, allocatable: resources,
      addresses: [{ type: 'InternalIP', address }, { type: 'Hostname', address: node.name }],
      nodeInfo: {
        kubeletVersion: node.kubeletVersion ?? version, kubeProxyVersion: '', architecture: 'amd64', operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 12 (bookworm)', kernelVersion: '6.1.0', containerRuntimeVersion: 'containerd://1.7.24', machineID: machineId, systemUUID: systemUuid, bootID: node.name,
      },
    },
  };
  return withReady(bare, ready(), nowMs);
}

export function namespaceObject(name: string, uid?: string): ApiObject {
  return {
    apiVersion: 'v1', kind: 'Namespace',
    metadata: { name, ...(uid === undefined ? {} : { uid }), labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' },
  };
}

export function leaseObject(node: string, renewTime: string): ApiObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: node, namespace: 'kube-node-lease' }, spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime } };
}

/** What kubeadm leaves in a cluster and the description does not say itself: its configuration, kube-proxy, CoreDNS. */
export function kubeadmObjects(description: ClusterDescription): readonly (readonly [resource: string, object: ApiObject])[] {
  const { version } = description;
  return [
    ['configmaps', kubeadmConfig(description)],
    ['configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubelet-config', namespace: 'kube-system' }, data: { kubelet: kubeletConfiguration(version) } }],
    ['daemonsets', kubeProxy(version)],
    ['deployments', coreDns(companionsOf(version).coredns)],
    ['services', {
      apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }], type: 'ClusterIP' },
    }],
  ];
}

function kubeadmConfig({ name, version }: ClusterDescription): ApiObject {
  const text = [
    'apiServer: {}', 'apiVersion: kubeadm.k8s.io/v1beta4', 'caCertificateValidityPeriod: 87600h0m0s', 'certificateValidityPeriod: 8760h0m0s', 'certificatesDir: /etc/kubernetes/pki',
    `clusterName: ${name}`, 'controllerManager: {}', 'dns: {}', 'encryptionAlgorithm: RSA-2048', 'etcd:', '  local:', '    dataDir: /var/lib/etcd', `imageRepository: ${IMAGE_REPOSITORY}`,
    'kind: ClusterConfiguration', `kubernetesVersion: ${version}`, 'networking:', '  dnsDomain: cluster.local', '  podSubnet: 10.244.0.0/16', '  serviceSubnet: 10.96.0.0/12', 'proxy: {}', 'scheduler: {}', '',
  ];
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system' }, data: { ClusterConfiguration: text.join('\n') } };
}

/** As kubeadm of the version writes it. */
export function kubeProxy(version: string): ApiObject {
  const labels = { 'k8s-app': 'kube-proxy' };
  return {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'kube-proxy', namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels }, revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      template: {
        metadata: { labels },
        spec: { priorityClassName: 'system-node-critical', hostNetwork: true, nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: [{ operator: 'Exists' }], containers: [{ name: 'kube-proxy', image: `${IMAGE_REPOSITORY}/kube-proxy:${version}` }] },
      },
    },
  };
}

/** As kubeadm writes it with this tag. */
export function coreDns(tag: string): ApiObject {
  const labels = { 'k8s-app': 'kube-dns' };
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'coredns', namespace: 'kube-system', labels },
    spec: {
      replicas: 2, selector: { matchLabels: labels }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: '25%' } },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-cluster-critical', nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, { key: CONTROL_PLANE_TAINT.key, effect: CONTROL_PLANE_TAINT.effect }],
          containers: [{ name: 'coredns', image: `${IMAGE_REPOSITORY}/coredns/coredns:${tag}`, resources: { requests: { cpu: '100m', memory: '70Mi' } } }],
        },
      },
    },
  };
}
