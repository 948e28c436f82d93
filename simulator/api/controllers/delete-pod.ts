import type { ApiObject } from '../../model.ts';
import { timestamp } from '../conditions.ts';
import { isEnding, isMirror, podOf } from '../kinds.ts';
import type { Pod } from '../kinds.ts';
import type { Machinery } from '../machinery.ts';

/**
 * Deletes a pod as the API does: one that has a node gets its time of deletion and is ended by its kubelet, one that has none
 * (or no grace) is gone at once. A shorter grace than the one that runs already shortens it.
 *
 * @param graceSeconds null takes the pod's own.
 */
export function deletePod({ store, clock }: Pick<Machinery, 'store' | 'clock'>, pod: Pod, graceSeconds: number | null = null): ApiObject | null {
  const { name, namespace } = pod.metadata;
  const grace = graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  const bound = pod.spec.nodeName !== undefined && !isMirror(pod);
  if (!bound || grace === 0 || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') {
    store.remove('pods', namespace ?? null, name);
    return null;
  }
  return store.update('pods', namespace ?? null, name, (object) => {
    const known = podOf(object);
    if (isEnding(known) && (known.metadata.deletionGracePeriodSeconds ?? 0) <= grace) return known;
    return { ...known, metadata: { ...known.metadata, deletionTimestamp: timestamp(clock.now() + grace * 1000), deletionGracePeriodSeconds: grace } };
  });
}
