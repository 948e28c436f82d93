import { currentActivity, whileBeating } from '../activity-context.ts';
import type { LeftBehind, LeftLock, LeftOnNode } from '../../workflows/domain/left-behind.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { StepResult } from '../../workflows/domain/step.ts';
import { concurrently } from '../kubernetes/concurrently.ts';
import type { Lease, Node } from '../kubernetes/objects.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { STARTED_BY, TEMPORAL, UPGRADE_LEASE, WORKFLOW } from '../lease/cluster-lease.ts';
import { CORDONED_BY } from '../nodes/cordon-mark.ts';
import { isTainted } from '../nodes/pending-taint.ts';
import { isReady } from '../nodes/ready.ts';
import { takeOffOurs } from '../nodes/uncordon-node.ts';

export interface ReleaseActivityOptions {
  readonly openKube: OpenKube;
  readonly now: Clock;
  /** Identity of this worker's Temporal. Default: unknown. */
  readonly temporal?: string | null;
}

export interface ReleaseLeftInput {
  readonly spec: UpgradeSpec;
  /** What was found; whatever came later is not touched. */
  readonly left: LeftBehind;
}

/** Changes under way at once. */
const WIDTH = 20;

/** Finds and gives back what upgrades have left that no workflow looks after any more. A person's cordon is neither. */
export function createReleaseActivities({ openKube, now, temporal = null }: ReleaseActivityOptions) {
  /** Reads only. */
  async function findLeft({ spec }: { readonly spec: UpgradeSpec }): Promise<LeftBehind> {
    const activity = currentActivity();
    return findAllLeft(activity, await openKube(spec.access), temporal);
  }

  /** Releases nodes whose mark is still the one that was found, and the lock where it is still that one. */
  async function releaseLeft({ spec, left }: ReleaseLeftInput): Promise<StepResult> {
    const activity = currentActivity();
    const finish = timedStep(activity, now);
    return finish(await releaseAllLeft(activity, await openKube(spec.access), left));
  }

  return { findLeft, releaseLeft };
}

/** Failures: those of `Kube`. */
export function findAllLeft(activity: Activity, kube: Kube, temporal: string | null): Promise<LeftBehind> {
  return whileBeating(() => 'looking for marks of ours', async () => {
    const nodes = await rideOver(activity, () => kube.listNodes());
    const lease = await rideOver(activity, () => kube.getLease(UPGRADE_LEASE.namespace, UPGRADE_LEASE.name));
    return { nodes: nodes.flatMap(leftOn).toSorted((one, other) => (one.name < other.name ? -1 : 1)), lock: lease === null ? null : lockOf(lease), temporal };
  });
}

/** Failures: those of `Kube`. */
export async function releaseAllLeft(activity: Activity, kube: Kube, left: LeftBehind): Promise<{ readonly changed: boolean; readonly note: string }> {
  let count = 0;
  let unlocked = false;
  await whileBeating(() => `${count} of ${left.nodes.length} nodes released`, async () => {
    await concurrently(left.nodes, WIDTH, async (node) => {
      if (await releaseNode(activity, kube, node)) count += 1;
    });
    // The lock goes last: until then no new upgrade marks a node.
    unlocked = await releaseLock(activity, kube, left.lock);
  });
  return { changed: count > 0 || unlocked, note: `${count} ${count === 1 ? 'node' : 'nodes'} released${unlocked ? ', cluster unlocked' : ''}` };
}

function leftOn(node: Node): readonly LeftOnNode[] {
  const mark = node.metadata.annotations?.[CORDONED_BY] ?? null;
  const tainted = isTainted(node);
  if (mark === null && !tainted) return [];
  return [{ name: node.metadata.name, mark, temporal: node.metadata.annotations?.[TEMPORAL] ?? null, cordoned: node.spec.unschedulable === true, tainted, ready: isReady(node), version: node.status.nodeInfo.kubeletVersion }];
}

function lockOf(lease: Lease): LeftLock {
  const notes = lease.metadata.annotations ?? {};
  return { uid: lease.metadata.uid, workflow: notes[WORKFLOW] ?? null, temporal: notes[TEMPORAL] ?? null, startedBy: notes[STARTED_BY] ?? null, since: lease.spec.acquireTime ?? null };
}

async function releaseNode(activity: Activity, kube: Kube, left: LeftOnNode): Promise<boolean> {
  const found = await takeOffOurs(activity, kube, left.name, (mark) => mark !== undefined && mark === left.mark);
  return found?.changed === true;
}

async function releaseLock(activity: Activity, kube: Kube, lock: LeftLock | null): Promise<boolean> {
  if (lock === null) return false;
  for (;;) {
    const lease = await rideOver(activity, () => kube.getLease(UPGRADE_LEASE.namespace, UPGRADE_LEASE.name));
    if (lease?.metadata.uid !== lock.uid) return false;
    if ((await rideOver(activity, () => kube.deleteLease(lease))) !== 'conflict') return true;
  }
}
