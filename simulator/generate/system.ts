import { companionsOf, IMAGE_REPOSITORY } from '../components.ts';
import type { ApiObject } from '../model.ts';

const NAMESPACE = 'kube-system';

/** What kubeadm leaves in a cluster, and a network add-on: what is there before anybody deploys anything. */
export function systemObjects(version: string, clusterUid: string): readonly ApiObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, uid: clusterUid } },
    ...['default', 'kube-public', 'kube-node-lease'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    daemonSet('kube-proxy', { 'k8s-app': 'kube-proxy' }, `${IMAGE_REPOSITORY}/kube-proxy:${version}`),
    daemonSet('network', { 'k8s-app': 'network' }, 'network.example/agent:v1.2.0'),
    deployment(`${IMAGE_REPOSITORY}/coredns/coredns:${companionsOf(version).coredns}`),
  ];
}

function daemonSet(name: string, labels: Readonly<Record<string, string>>, image: string): ApiObject {
  return {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-node-critical', hostNetwork: true, tolerations: [{ operator: 'Exists' }], terminationGracePeriodSeconds: 5,
          containers: [{ name, image, resources: { requests: { cpu: '10m', memory: '32Mi' } } }],
        },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    },
  };
}

function deployment(image: string): ApiObject {
  const labels = { 'k8s-app': 'kube-dns' };
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'coredns', namespace: NAMESPACE, labels },
    spec: {
      replicas: 2, selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-cluster-critical', nodeSelector: { 'kubernetes.io/os': 'linux' }, terminationGracePeriodSeconds: 30,
          tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
          containers: [{ name: 'coredns', image, resources: { requests: { cpu: '100m', memory: '70Mi' } } }],
        },
      },
    },
  };
}
