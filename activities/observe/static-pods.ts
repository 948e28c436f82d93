import type { Pod } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { isMirror } from '../nodes/ready.ts';

export const CONTROL_PLANE_COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** Mirrors of the static pods that kubeadm labels `tier=control-plane`, etcd included. */
export async function listStaticPods(kube: Pick<Kube, 'listPods'>): Promise<readonly Pod[]> {
  const pods = await kube.listPods({ namespace: 'kube-system', labels: 'tier=control-plane' });
  return pods.filter(isMirror);
}

export function staticPodOf(pods: readonly Pod[], component: string, node: string): Pod | null {
  return pods.find((pod) => pod.metadata.labels?.['component'] === component && pod.spec.nodeName === node) ?? null;
}

/** Tag of the pod's first image: `v1.34.4`; null where it has none. */
export function imageTag(pod: Pod | null): string | null {
  const image = pod?.spec.containers[0]?.image ?? '';
  return /:([\w][\w.-]*)(?:@sha256:[0-9a-f]+)?$/.exec(image)?.[1] ?? null;
}
