import type { ApiObject } from '../model.ts';

/** The network add-on that every cluster has besides what kubeadm brings: a DaemonSet without which no node is of use. */
export function networkAddon(): ApiObject {
  const labels = { 'k8s-app': 'network' };
  return {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'network', namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-node-critical', hostNetwork: true, tolerations: [{ operator: 'Exists' }], terminationGracePeriodSeconds: 5,
          containers: [{ name: 'agent', image: 'network.example/agent:1.2.0', resources: { requests: { cpu: '10m', memory: '32Mi' } } }],
        },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    },
  };
}
