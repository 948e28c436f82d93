import type { PlannedNode, UpgradePlan } from './plan.ts';
import type { RestorePlan, RestoreSnapshot } from './restore.ts';

/** What a person saw of a restore and confirmed by the cluster's name: where the plan is another by then, nothing is changed. */
export interface ConfirmedRestore extends Pick<RestorePlan, 'cluster' | 'clusterUid' | 'upgrade' | 'from' | 'to' | 'nodes'> {
  readonly snapshot: Pick<RestoreSnapshot, 'file' | 'sha256' | 'takenAt'>;
  /** Null takes those whose kubelet is too new by then: an upgrade under way still moves while it is confirmed. */
  readonly workers: readonly PlannedNode[] | null;
}

/** What was seen of a plan that a person confirms. What was written since goes on while it is looked at, and is not part of it. */
export function confirmedOf({ cluster, clusterUid, upgrade, from, to, snapshot, nodes, workers }: RestorePlan): ConfirmedRestore {
  const { file, sha256, takenAt } = snapshot;
  return { cluster, clusterUid, upgrade, from, to, snapshot: { file, sha256, takenAt }, nodes, workers };
}

/** What an upgrade under way goes back to: the snapshot that it took itself, on the control plane that it upgrades. */
export function confirmedOfUpgrade(plan: UpgradePlan, upgrade: string, snapshot: ConfirmedRestore['snapshot']): ConfirmedRestore {
  const nodes = plan.nodes.filter(({ roles }) => roles.includes('control-plane') || roles.includes('etcd'));
  return {
    cluster: plan.cluster, clusterUid: plan.clusterUid, upgrade, from: plan.to, to: plan.from,
    snapshot: { file: snapshot.file, sha256: snapshot.sha256, takenAt: snapshot.takenAt },
    nodes: nodes.map((node) => ({ ...node, from: node.to, to: node.from })), workers: null,
  };
}

/** What differs between what was confirmed and the plan as of now, a line each; empty where the same is restored on the same nodes. */
export function compareRestores(confirmed: ConfirmedRestore, now: RestorePlan): readonly string[] {
  return [
    ...compare('cluster', confirmed.cluster, now.cluster),
    ...compare('cluster UID', confirmed.clusterUid, now.clusterUid),
    ...compare('upgrade', confirmed.upgrade, now.upgrade),
    ...compare('version to restore', confirmed.to, now.to),
    ...compare('SHA-256 of the snapshot', confirmed.snapshot.sha256, now.snapshot.sha256),
    ...compare('control-plane nodes', namesOf(confirmed.nodes), namesOf(now.nodes)),
    ...(confirmed.workers === null ? [] : compare('workers that go back', namesOf(confirmed.workers), namesOf(now.workers))),
  ];
}

function namesOf(nodes: readonly PlannedNode[]): string {
  return nodes.length === 0 ? 'none' : nodes.map(({ name }) => name).toSorted().join(', ');
}

function compare(what: string, confirmed: string, now: string): readonly string[] {
  return confirmed === now ? [] : [`${what}: was ${confirmed}, is ${now}`];
}
