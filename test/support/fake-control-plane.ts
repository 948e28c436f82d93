import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { OpenHosts } from '../../activities/hosts/port.ts';
import type { FakeApi } from './fake-api.ts';
import { fakeNode, fakePod } from './fake-objects.ts';

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'];

/** A kubeadm cluster of these nodes, names that begin with `cp` being its control plane, all at one version. */
export function putCluster(api: FakeApi, names: readonly string[], version: string): void {
  api.put('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-cluster' } });
  api.put('configmaps', {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
    data: { ClusterConfiguration: `kind: ClusterConfiguration\nkubernetesVersion: ${version}\nimageRepository: registry.k8s.io\n` },
  });
  for (const name of names) {
    const controlPlane = name.startsWith('cp');
    api.put('nodes', fakeNode(name, { controlPlane, version, labels: { zone: 'a' } }));
    if (controlPlane) for (const component of COMPONENTS) putStaticPod(api, component, name, component === 'etcd' ? '3.5.24-0' : version);
  }
}

export function putStaticPod(api: FakeApi, component: string, node: string, tag: string, ready = true): void {
  api.put('pods', fakePod(`${component}-${node}`, node, {
    namespace: 'kube-system', controller: null, mirror: true, labels: { tier: 'control-plane', component }, image: `registry.k8s.io/${component}:${tag}`, ready,
  }));
}

/** etcd of these nodes, healthy, the first leading. */
export function fakeEtcd(nodes: readonly string[]): EtcdObservation {
  return {
    kind: 'stacked',
    alarms: [],
    members: nodes.map((node, index) => ({ id: `${index + 1}a`, name: node, node, version: '3.5.24', leader: index === 0, learner: false, healthy: true, dbSize: 20_000_000 })),
  };
}

export const noHosts: OpenHosts = () => Promise.resolve({
  probe: unexpected, runStep: unexpected, readOutput: unexpected, download: unexpected, upload: unexpected, claimStep: unexpected,
});

function unexpected(): Promise<never> {
  return Promise.reject(new Error('no host is asked here'));
}
