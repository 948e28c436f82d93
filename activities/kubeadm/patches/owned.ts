import type { PatchTarget } from './patch-name.ts';

/** What kubeadm writes into a target, and looks for in it afterwards. */
export interface Owned {
  readonly apiVersion: string;
  readonly kind: string;
  /** Null where the target is not an object of the API. */
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> } | null;
  /** Keys to the list of containers; null where there is none. */
  readonly containers: readonly string[] | null;
  /** Name of kubeadm's own container in it. */
  readonly container: string;
}

export function ownedOf(target: PatchTarget): Owned {
  switch (target) {
    case 'kubeletconfiguration':
      return { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', metadata: null, containers: null, container: '' };
    case 'corednsdeployment':
      return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }, containers: ['spec', 'template', 'spec', 'containers'], container: 'coredns' };
    default:
      return { apiVersion: 'v1', kind: 'Pod', metadata: { name: target, namespace: 'kube-system', labels: { component: target, tier: 'control-plane' } }, containers: ['spec', 'containers'], container: target };
  }
}

/** The kubelet finds kubeadm's manifests by it. */
export const STATIC_POD_PATH = 'staticPodPath';

export function ownText(what: string): string {
  return `it changes ${what}, which is kubeadm's own`;
}
