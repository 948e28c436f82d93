import { CLUSTER_WORDS } from './restore-words.ts';
import type { RollbackDecisions, RollbackNode, RollbackView } from './rollback.ts';

/** True once the whole cluster is to go back: nothing but the restore of its etcd snapshot is done from then on. */
export function restoresCluster(decisions: RollbackDecisions): boolean {
  return decisions.some(({ scope }) => scope === 'cluster');
}

/** Why the whole cluster cannot go back by this upgrade's snapshot, with what to do instead; null where it can. */
export function clusterRefusal(confirm: string, { cluster, etcd, snapshot, nodes, decisions }: RollbackView): string | null {
  if (restoresCluster(decisions)) return `${cluster} is being restored already`;
  if (etcd === 'external') return CLUSTER_WORDS.external;
  if (snapshot === null) return 'no etcd snapshot was taken yet, and nothing has changed: `capstan cancel` ends the upgrade';
  if (!nodes.some(hasChangedControlPlane)) return 'this upgrade has not changed the control plane: `capstan cancel` ends it, and `capstan rollback --scope workers` takes workers back';
  if (confirm !== cluster) return `confirm is ${confirm === '' ? 'missing' : confirm}, not the name of the cluster, ${cluster}`;
  return null;
}

/** True for a control-plane or etcd node that kubeadm may have changed in this upgrade. */
export function hasChangedControlPlane({ roles, changes, changed, state }: RollbackNode): boolean {
  return (roles.includes('control-plane') || roles.includes('etcd')) && changes && (changed || state === 'done');
}
