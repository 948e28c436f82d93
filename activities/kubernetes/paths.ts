import type { PodQuery, Rollout, Subject } from './port.ts';

/** Label that kubeadm gives to control-plane nodes. */
export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

/** `/api/v1/…` paths of collections, with their selectors. */
export function collectionPath(subject: Subject): string {
  switch (subject.kind) {
    case 'node':
      return withQuery('/api/v1/nodes', { fieldSelector: `metadata.name=${subject.name}` });
    case 'control-plane-nodes':
      return withQuery('/api/v1/nodes', { labelSelector: CONTROL_PLANE_LABEL });
    case 'cordoned-nodes':
      return withQuery('/api/v1/nodes', { fieldSelector: 'spec.unschedulable=true' });
    case 'node-lease':
      return withQuery('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', { fieldSelector: `metadata.name=${subject.node}` });
    case 'pods':
      return podsPath(subject);
    case 'budgets':
      return '/apis/policy/v1/poddisruptionbudgets';
  }
}

export function podPath({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

export function podsPath(query: PodQuery): string {
  const base = query.namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(query.namespace)}/pods`;
  return withQuery(base, {
    ...(query.node === undefined ? {} : { fieldSelector: `spec.nodeName=${query.node}` }),
    ...(query.serviceAccount === undefined ? {} : { fieldSelector: `spec.serviceAccountName=${query.serviceAccount}` }),
    ...(query.labels === undefined ? {} : { labelSelector: query.labels }),
  });
}

export function nodePath(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`;
}

export function workloadPath(kind: Rollout, namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}s/${encodeURIComponent(name)}`;
}

export function leasePath(namespace: string, name: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
}

export function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  if (text === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${text}`;
}
