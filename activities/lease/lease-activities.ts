import { currentActivity } from '../activity-context.ts';
import { stepError } from '../step-error.ts';
import type { StepResult, UpgradeRef } from '../../workflows/domain/step.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';
import { giveLeaseBack, takeLease } from './cluster-lease.ts';

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
  /** Identity of this worker's Temporal. Default: unknown. */
  readonly temporal?: string | null;
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
    const changed = await rideOver(activity, () => acquire(kube, input, options));
    return finish({ changed, note: changed ? 'cluster locked' : 'cluster was locked by this upgrade already' });
  }

  /** Gives the Lease back where this upgrade has it. */
  async function releaseLease(input: LeaseInput): Promise<StepResult> {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const changed = await rideOver(activity, () => giveLeaseBack(kube, input.upgrade));
    return finish({ changed, note: changed ? 'cluster unlocked' : 'the lock was not ours' });
  }

  return { acquireLease, releaseLease };
}

async function acquire(kube: Kube, { upgrade, by }: AcquireLeaseInput, { now, temporal = null }: LeaseActivityOptions): Promise<boolean> {
  const uid = await kube.clusterUid();
  if (uid !== upgrade.clusterUid) {
    throw stepError('ClusterMoved', `The API at ${kube.server} serves the cluster ${uid}, but the plan was made for the cluster ${upgrade.clusterUid}.`, 'Check spec.access.kubeconfig, then make a new plan with `capstan plan`.');
  }
  return takeLease(kube, { upgrade, by, temporal, now });
}
