import { currentActivity, whileBeating } from '../activity-context.ts';
import type { StepResult, UpgradeRef } from '../../workflows/domain/step.ts';
import { concurrently } from '../kubernetes/concurrently.ts';
import type { Node, Taint } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { takeLease } from '../lease/cluster-lease.ts';
import type { NodeActivityOptions } from './cordon-node.ts';
import { isTainted, PENDING_TAINT, withoutTaint, withTaint } from './pending-taint.ts';

/** Changes under way at once: a cluster of thousands is done in seconds, and the API has room for others. */
const WIDTH = 20;

/** The soft taint of nodes that are still to be upgraded, of many nodes in one activity. */
export function createTaintActivities(options: NodeActivityOptions) {
  /** Nodes that are gone, or have the taint, are passed over. Failure: ClusterLocked where another upgrade has the cluster by now. */
  async function taintNodes(input: { readonly upgrade: UpgradeRef; readonly nodes: readonly string[] }): Promise<StepResult> {
    const wanted = new Set(input.nodes);
    const kube = await options.openKube(input.upgrade.access);
    // Nothing is marked in a cluster that another upgrade has by now.
    await rideOver(currentActivity(), () => takeLease(kube, { upgrade: input.upgrade, by: null, temporal: options.temporal ?? null, now: options.now }));
    const changed = await changeTaints(options, input.upgrade, (node) => wanted.has(node.metadata.name) && !isTainted(node), withTaint);
    return changed((count) => `${PENDING_TAINT.effect} on ${nodes(count)}`);
  }

  async function releaseTaints(input: { readonly upgrade: UpgradeRef }): Promise<StepResult> {
    const changed = await changeTaints(options, input.upgrade, isTainted, withoutTaint);
    return changed((count) => (count === 0 ? 'nothing of ours was left' : `${PENDING_TAINT.effect} taken off ${nodes(count)}`));
  }

  return { taintNodes, releaseTaints };
}

type Report = (note: (count: number) => string) => StepResult;

async function changeTaints(options: NodeActivityOptions, upgrade: UpgradeRef, isWanted: (node: Node) => boolean, taintsOf: (node: Node) => readonly Taint[]): Promise<Report> {
  const activity = currentActivity();
  const finish = timedStep(activity, options.now);
  const kube = await options.openKube(upgrade.access);
  let count = 0;
  await whileBeating(() => `taints of ${nodes(count)} changed`, async () => {
    const found = (await rideOver(activity, () => kube.listNodes())).filter(isWanted);
    await concurrently(found, WIDTH, async (node) => {
      if (await changeOne(activity, kube, node, isWanted, taintsOf)) count += 1;
    });
  });
  return (note) => finish({ changed: count > 0, note: note(count) });
}

/** The list of taints is replaced as a whole, so only where the node is still as it was read: a taint of another's is never lost. */
async function changeOne(activity: Activity, kube: Kube, listed: Node, isWanted: (node: Node) => boolean, taintsOf: (node: Node) => readonly Taint[]): Promise<boolean> {
  const { name } = listed.metadata;
  for (let node: Node | null = listed; node !== null && isWanted(node); node = await rideOver(activity, () => kube.getNode(name))) {
    const change = { resourceVersion: node.metadata.resourceVersion, taints: taintsOf(node) };
    if ((await rideOver(activity, () => kube.changeNode(name, change))) === 'changed') return true;
  }
  return false;
}

function nodes(count: number): string {
  return `${count} ${count === 1 ? 'node' : 'nodes'}`;
}
