import { isEnding, keyOf, ownerOf, podOf, workloadOf } from '../kinds.ts';
import { CONTROLLER_DELAY_MS, nameSuffix } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { timestamp, withCondition } from '../conditions.ts';
import { createWorkQueue } from '../work-queue.ts';
import { newPod, withStatus } from './new-pod.ts';

/** Annotation of a Job's pod template: seconds until its pod succeeds. */
export const RUN_SECONDS = 'simulator.capstan.dev/run-seconds';

/** Runs pods until enough of them succeeded; an evicted one is replaced. */
export function createJobs({ store, index, clock, seed }: Machinery): Settling {
  const made = new Map<string, number>();
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, reconcile);

  function reconcile(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const found = store.get('jobs', namespace, name);
    if (found === null || isEnding(found)) return;
    const job = workloadOf(found);
    const pods = index.ownedBy(job.metadata.uid ?? '');
    const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length;
    const active = pods.filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && !isEnding(pod)).length;
    const completions = job.spec.completions ?? 1;
    for (let missing = Math.min(job.spec.parallelism ?? 1, completions - succeeded) - active; missing > 0; missing -= 1) {
      const number = (made.get(key) ?? 0) + 1;
      made.set(key, number);
      store.put('pods', newPod({ owner: job, name: `${name}-${nameSuffix(seed, key, number)}`, template: job.spec.template, labels: { 'batch.kubernetes.io/job-name': name, 'job-name': name }, nowMs: clock.now() }));
    }
    store.update('jobs', namespace, name, (object) => {
      const known = workloadOf(object);
      if (succeeded < completions) return withStatus(known, { active, succeeded, ready: active });
      if (known.status?.['completionTime'] !== undefined) return known;
      return withStatus(known, { active: 0, succeeded, ready: 0, completionTime: timestamp(clock.now()), conditions: withCondition(undefined, { type: 'Complete', status: 'True', reason: 'CompletionsReached' }, clock.now()) });
    });
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'jobs' && type !== 'DELETED' && previous?.['spec'] !== object['spec']) queue.add(keyOf(object));
    if (resource !== 'pods') return;
    const owner = ownerOf(object);
    if (owner?.kind !== 'Job') return;
    if (previous === undefined || podOf(previous).status?.phase !== podOf(object).status?.phase || type === 'DELETED' || isEnding(object)) queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
  });
  return { settle: () => queue.flush() };
}
