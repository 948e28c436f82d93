import { stepError } from '../step-error.ts';
import type { UpgradeRef } from '../../workflows/domain/step.ts';
import type { Lease } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import type { Clock } from '../kubernetes/timed-step.ts';

/** Marks a cluster as being upgraded, whatever name a spec gives it. */
export const UPGRADE_LEASE = { namespace: 'kube-system', name: 'capstan-upgrade' } as const;
export const STARTED_BY = 'capstan.dev/started-by';
export const WORKFLOW = 'capstan.dev/workflow';
/** Which Temporal runs the workflow: `CLUSTER ID/NAMESPACE ID`, on the Lease and beside the mark of a cordon. */
export const TEMPORAL = 'capstan.dev/temporal';
const CLUSTER = 'capstan.dev/cluster';

/** Who takes the Lease. */
export interface LeaseOwner {
  readonly upgrade: UpgradeRef;
  /** Who started the upgrade, for people; null where that is not known here. */
  readonly by: string | null;
  /** Identity of this worker's Temporal; null where it is not known. */
  readonly temporal: string | null;
  readonly now: Clock;
}

/**
 * Takes the cluster's Lease, also one that somebody has deleted; false where this upgrade has it already.
 * Failure: ClusterLocked where another upgrade has it.
 */
export async function takeLease(kube: Kube, { upgrade, by, temporal, now }: LeaseOwner): Promise<boolean> {
  for (;;) {
    const lease = await kube.getLease(UPGRADE_LEASE.namespace, UPGRADE_LEASE.name);
    if (lease !== null) {
      if (lease.spec.holderIdentity === holderOf(upgrade)) return false;
      throw lockedBy(lease, kube, temporal);
    }
    const answer = await kube.createLease({
      ...UPGRADE_LEASE,
      holder: holderOf(upgrade),
      acquiredAt: new Date(now()).toISOString(),
      annotations: {
        ...(by === null ? {} : { [STARTED_BY]: by }), [WORKFLOW]: upgrade.workflowId, [CLUSTER]: upgrade.cluster, ...(temporal === null ? {} : { [TEMPORAL]: temporal }),
      },
    });
    // Someone was faster: the next turn says who.
    if (answer === 'created') return true;
  }
}

/** Gives the Lease back where this upgrade has it. */
export async function giveLeaseBack(kube: Kube, upgrade: UpgradeRef): Promise<boolean> {
  const lease = await kube.getLease(UPGRADE_LEASE.namespace, UPGRADE_LEASE.name);
  if (lease === null || lease.spec.holderIdentity !== holderOf(upgrade)) return false;
  return (await kube.deleteLease(lease)) === 'deleted';
}

/** Its end is that of the id of the upgrade's first run. */
function holderOf(upgrade: UpgradeRef): string {
  return `${upgrade.workflowId}#${upgrade.id}`;
}

function lockedBy(lease: Lease, kube: Kube, temporal: string | null): Error {
  const notes = lease.metadata.annotations ?? {};
  const holder = lease.spec.holderIdentity ?? 'an unknown holder';
  const cluster = notes[CLUSTER] ?? 'unknown';
  const isForeign = (notes[TEMPORAL] ?? null) !== temporal;
  const where = isForeign ? ` of another Temporal (${notes[TEMPORAL] ?? 'it does not say which'})` : '';
  return stepError(
    'ClusterLocked',
    `The cluster at ${kube.server} is being upgraded already: workflow ${notes[WORKFLOW] ?? holder}${where} (cluster name ${cluster}), started by ${notes[STARTED_BY] ?? 'someone'} at ${lease.spec.acquireTime ?? 'an unknown time'}, holds the Lease ${UPGRADE_LEASE.namespace}/${UPGRADE_LEASE.name}.`,
    isForeign
      ? `Ask with the command line of that Temporal: \`capstan status --cluster ${cluster}\`. Where it is gone for good: \`capstan release ${cluster} --foreign REASON\`.`
      : `See \`capstan status --cluster ${cluster}\`. Where that workflow exists no more: \`capstan release ${cluster}\`.`,
  );
}
