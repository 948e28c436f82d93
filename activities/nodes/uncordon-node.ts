import { currentActivity } from '../activity-context.ts';
import type { StepResult, UncordonInput } from '../../workflows/domain/step.ts';
import type { Kube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import type { NodeActivityOptions } from './cordon-node.ts';
import { TEMPORAL } from '../lease/cluster-lease.ts';
import { CORDONED_BY, isMarkOf } from './cordon-mark.ts';
import { isTainted, withoutTaint } from './pending-taint.ts';
import { UNREADY_BEFORE } from './unready-before.ts';

/**
 * Takes away the cordon of this upgrade, its mark and our soft taint, in one change. Any other cordon or taint stays.
 * A node that is gone has nothing to give back.
 */
export function createUncordonNode(options: NodeActivityOptions): (input: UncordonInput) => Promise<StepResult> {
  return async function uncordonNode(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    return finish(await releaseCordon(activity, kube, input));
  };
}

async function releaseCordon(activity: Activity, kube: Kube, input: UncordonInput): Promise<{ readonly changed: boolean; readonly note: string }> {
  const found = await takeOffOurs(activity, kube, input.node.name, (mark) => isMarkOf(mark, input.upgrade));
  if (found === null) return { changed: false, note: 'the node is gone' };
  const { changed, cordoned, mark, isOurs } = found;
  return { changed, note: changed && (isOurs || !cordoned) ? 'uncordoned' : leftAs(cordoned, mark) };
}

/** What a node carried before what is ours was taken off. */
export interface FoundOnNode {
  readonly changed: boolean;
  readonly cordoned: boolean;
  /** Value of our mark; absent where there is none. */
  readonly mark: string | undefined;
  readonly isOurs: boolean;
}

/** Takes a cordon whose mark `isMark` accepts, that mark and our soft taint off a node; null where the node is gone. */
export async function takeOffOurs(activity: Activity, kube: Kube, name: string, isMark: (mark: string | undefined) => boolean): Promise<FoundOnNode | null> {
  for (;;) {
    const node = await rideOver(activity, () => kube.getNode(name));
    if (node === null) return null;
    const cordoned = node.spec.unschedulable === true;
    const mark = node.metadata.annotations?.[CORDONED_BY];
    const isOurs = isMark(mark);
    const [noted] = (node.metadata.annotations?.[UNREADY_BEFORE] ?? '').split(' ');
    const isNoted = noted !== '' && (isOurs || isMark(noted));
    if (!isOurs && !isNoted && !isTainted(node)) return { changed: false, cordoned, mark, isOurs };
    // One change for both; it is refused where the node is no longer as it was read, and then it is read again.
    const answer = await rideOver(activity, () =>
      kube.changeNode(name, {
        resourceVersion: node.metadata.resourceVersion,
        ...(isOurs ? { unschedulable: false } : {}),
        ...(isOurs || isNoted ? { annotations: { ...(isOurs ? { [CORDONED_BY]: null, [TEMPORAL]: null } : {}), ...(isNoted ? { [UNREADY_BEFORE]: null } : {}) } } : {}),
        ...(isTainted(node) ? { taints: withoutTaint(node) } : {}),
      }),
    );
    if (answer === 'changed') return { changed: true, cordoned, mark, isOurs };
  }
}

function leftAs(cordoned: boolean, mark: string | undefined): string {
  if (!cordoned) return 'not cordoned';
  return mark === undefined ? 'cordoned by a person: stays so' : `cordoned by ${mark}: stays so`;
}
