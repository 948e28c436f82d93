import { currentActivity } from '../activity-context.ts';
import { stepError } from '../step-error.ts';
import type { StepResult, UpgradeRef } from '../../workflows/domain/step.ts';
import type { Lease } from '../kubernetes/objects.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';

/** Marks a cluster as being upgraded, whatever name a spec gives it. */
export const UPGRADE_LEASE = { namespace: 'kube-system', name: 'capstan-upgrade' } as const;
export const STARTED_BY = 'capstan.dev/started-by';
export const WORKFLOW = 'capstan.dev/workflow';
const CLUSTER = 'capstan.dev/cluster';

export interface LeaseInput {
  readonly upgrade: UpgradeRef;
}

export interface AcquireLeaseInput extends LeaseInput {
  /** Who started the upgrade, for people. */
  readonly by: string;
}

export interface LeaseActivityOptions {
  readonly openKube: OpenKube;
  readonly now: Clock;
}

/**
 * The Lease does not expire: its owner is a durable workflow, which comes back however long it was away. A person who deleted
 * that workflow deletes the Lease as well.
 */
export function createLeaseActivities(options: LeaseActivityOptions) {
  /** Takes the cluster's Lease; nothing to do where this upgrade has it. Failures: ClusterLocked, ClusterMoved. */
  async function acquireLease(input: AcquireLeaseInput): Promise<StepResult> {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const changed = await rideOver(activity, () => acquire(kube, input, options.now));
    return finish({ changed, note: changed ? 'cluster locked' : 'cluster was locked by this upgrade already' });
  }

  /** Gives the Lease back where this upgrade has it. */
  async function releaseLease(input: LeaseInput): Promise<StepResult> {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const changed = await rideOver(activity, () => release(kube, input.upgrade));
    return finish({ changed, note: changed ? 'cluster unlocked' : 'the lock was not ours' });
  }

  return { acquireLease, releaseLease };
}

function holderOf(upgrade: UpgradeRef): string {
  return `${upgrade.workflowId}#${upgrade.id}`;
}

async function acquire(kube: Kube, input: AcquireLeaseInput, now: Clock): Promise<boolean> {
  const { upgrade } = input;
  const uid = await kube.clusterUid();
  if (uid !== upgrade.clusterUid) {
    throw stepError('ClusterMoved', `The API at ${kube.server} serves the cluster ${uid}, but the plan was made for the cluster ${upgrade.clusterUid}.`, 'Check spec.access.kubeconfig, then make a new plan with `capstan plan`.');
  }
  for (;;) {
    const lease = await kube.getLease(UPGRADE_LEASE.namespace, UPGRADE_LEASE.name);
    if (lease !== null) {
      if (lease.spec.holderIdentity === holderOf(upgrade)) return false;
      throw lockedBy(lease, kube);
    }
    const answer = await kube.createLease({
      ...UPGRADE_LEASE,
      holder: holderOf(upgrade),
      acquiredAt: new Date(now()).toISOString(),
      annotations: { [STARTED_BY]: input.by, [WORKFLOW]: upgrade.workflowId, [CLUSTER]: upgrade.cluster },
    });
    // Someone was faster: the next turn says who.
    if (answer === 'created') return true;
  }
}

async function release(kube: Kube, upgrade: UpgradeRef): Promise<boolean> {
  const lease = await kube.getLease(UPGRADE_LEASE.namespace, UPGRADE_LEASE.name);
  if (lease === null || lease.spec.holderIdentity !== holderOf(upgrade)) return false;
  return (await kube.deleteLease(lease)) === 'deleted';
}

function lockedBy(lease: Lease, kube: Kube): Error {
  const notes = lease.metadata.annotations ?? {};
  const holder = lease.spec.holderIdentity ?? 'an unknown holder';
  const cluster = notes[CLUSTER] ?? 'unknown';
  return stepError(
    'ClusterLocked',
    `The cluster at ${kube.server} is being upgraded already: workflow ${notes[WORKFLOW] ?? holder} (cluster name ${cluster}), started by ${notes[STARTED_BY] ?? 'someone'} at ${lease.spec.acquireTime ?? 'an unknown time'}, holds the Lease ${UPGRADE_LEASE.namespace}/${UPGRADE_LEASE.name}.`,
    `See \`capstan status --cluster ${cluster}\`. Where that workflow exists no more: \`capstan release ${cluster}\`.`,
  );
}
