import { api } from './activity-options.ts';
import { upgradeAddons } from './addons.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { continueWhereFull } from './continue.ts';
import { isSkipped } from './domain/control.ts';
import { nextControlPlaneNode } from './domain/control-plane-order.ts';
import type { PlannedNode } from './domain/plan.ts';
import { workflowFailure } from './failures.ts';
import { passOver, upgradeHeldNode } from './hold.ts';

/** Control-plane nodes one at a time, etcd followers first and the leader last. */
export async function upgradeControlPlane(run: ClusterRunner): Promise<void> {
  for (;;) {
    await continueWhereFull(run);
    await run.mayGoOn();
    const pending = pendingNodes(run);
    // A node that is passed over may be the one to pause after.
    if (!run.maySchedule() || run.history.isFull()) continue;
    if (pending.length === 0) break;
    const leader = pending.length > 1 ? await etcdLeader(run) : null;
    const next = nextControlPlaneNode(pending.map((node) => node.name), leader);
    const node = pending.find((other) => other.name === next);
    if (node === undefined || isSkipped(run.state.control, node.name)) continue;
    await upgradeHeldNode(run, { ...node, first: !run.state.applied });
    if (run.state.applied || run.node(node.name).state !== 'done') continue;
    run.state.applied = true;
    await upgradeAddons(run, 'first-control-plane');
  }
  refuseSkipped(run);
  // Due already where somebody else has run `kubeadm upgrade apply`.
  await upgradeAddons(run, 'first-control-plane');
  await upgradeAddons(run, 'control-plane');
}

/** Nodes still to do. One that the operator skipped before its turn is marked so. */
function pendingNodes(run: ClusterRunner): readonly PlannedNode[] {
  const order = run.state.plan.phases.filter((phase) => phase.phase === 'control-plane').flatMap((phase) => phase.groups.flat());
  for (const name of order) {
    if (run.node(name).state === 'pending' && isSkipped(run.state.control, name)) passOver(run, name);
  }
  return order
    .filter((name) => run.node(name).state === 'pending')
    .flatMap((name) => run.state.plan.nodes.filter((node) => node.name === name));
}

/** Name of the node whose member leads now: leadership moves, so it is asked for before each choice. */
async function etcdLeader(run: ClusterRunner): Promise<string | null> {
  if (run.members.length === 0) return null;
  const etcd = await run.work(() => api.observeEtcd.executeWithOptions({ summary: 'Find the etcd leader' }, [{ upgrade: run.upgrade, members: run.members }]));
  return etcd.members.find((member) => member.leader)?.node ?? null;
}

function refuseSkipped(run: ClusterRunner): void {
  const skipped = run.state.plan.nodes.filter((node) => node.roles.includes('control-plane') && (run.node(node.name).state === 'skipped' || run.node(node.name).state === 'rolled-back'));
  if (skipped.length === 0) return;
  throw workflowFailure({
    type: 'PlanRefused',
    message: `control-plane ${skipped.map((node) => node.name).join(', ')} was skipped or rolled back: workers are not upgraded before every API server is at ${run.state.plan.to}`,
    next: 'run `capstan start` again when the node can be upgraded; what is done stays done',
  });
}
