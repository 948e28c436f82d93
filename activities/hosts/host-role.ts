import type { PlannedNode } from '../../workflows/domain/plan.ts';

/** What a host script is told that its host is, and compares with the manifests there: see lib-role.sh. */
export function hostRole({ roles }: Pick<PlannedNode, 'roles'>): 'worker' | 'control-plane' | 'control-plane,etcd' {
  if (!roles.includes('control-plane')) return 'worker';
  return roles.includes('etcd') ? 'control-plane,etcd' : 'control-plane';
}
