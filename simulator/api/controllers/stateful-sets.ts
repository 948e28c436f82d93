import { isEnding, isOver, isReadyPod, keyOf, ownerOf, workloadOf } from '../kinds.ts';
import type { Pod, Workload } from '../kinds.ts';
import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { createWorkQueue } from '../work-queue.ts';
import { deletePod } from './delete-pod.ts';
import { newPod, withStatus } from './new-pod.ts';
import { REVISION_HASH, templateHash } from './template-hash.ts';

/** Ordered names; a pod comes back only once the one of its name is gone, and after all before it are Ready. */
export function createStatefulSets(machinery: Machinery): Settling {
  const { store, index, clock } = machinery;
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, reconcile);

  function reconcile(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const found = store.get('statefulsets', namespace, name);
    if (found === null || isEnding(found)) return;
    const set = workloadOf(found);
    const wanted = set.spec.replicas ?? 1;
    const pods = new Map(index.ownedBy(set.metadata.uid ?? '').map((pod) => [ordinalOf(pod), pod]));
    const revision = templateHash(set.spec.template);
    if (!fill(set, pods, wanted, revision)) shrinkOrUpdate(set, pods, wanted, revision);
    report(namespace, name, revision);
  }

  /** Makes what lacks, in order; true where something still lacks or is not Ready. */
  function fill(set: Workload, pods: ReadonlyMap<number, Pod>, wanted: number, revision: string): boolean {
    const inOrder = set.spec.podManagementPolicy !== 'Parallel';
    let busy = false;
    for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
      const pod = pods.get(ordinal);
      if (pod !== undefined && isOver(pod) && !isEnding(pod)) deletePod(machinery, pod);
      if (pod === undefined) make(set, ordinal, revision);
      if (pod !== undefined && !isEnding(pod) && isReadyPod(pod)) continue;
      busy = true;
      if (inOrder) return true;
    }
    return busy;
  }

  function make(set: Workload, ordinal: number, revision: string): void {
    const name = `${set.metadata.name}-${ordinal}`;
    // The StatefulSet's template does not carry these labels; its pods do.
    const labels = { [REVISION_HASH]: revision, 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal) };
    store.put('pods', newPod({ owner: set, name, template: set.spec.template, labels, nowMs: clock.now() }));
  }

  function shrinkOrUpdate(set: Workload, pods: ReadonlyMap<number, Pod>, wanted: number, revision: string): void {
    const last = [...pods.keys()].toSorted((one, other) => other - one);
    const surplus = last.find((ordinal) => ordinal >= wanted);
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const outdated = set.spec.updateStrategy?.type === 'OnDelete' ? undefined : last.find((ordinal) => ordinal >= partition && revisionOf(pods.get(ordinal), revision) !== revision);
    const pod = pods.get(surplus ?? outdated ?? -1);
    if (pod !== undefined && !isEnding(pod)) deletePod(machinery, pod);
  }

  function report(namespace: string, name: string, revision: string): void {
    store.update('statefulsets', namespace, name, (object) => {
      const pods = index.ownedBy(object.metadata.uid ?? '');
      const ready = pods.filter((pod) => isReadyPod(pod) && !isEnding(pod)).length;
      const updated = pods.filter((pod) => revisionOf(pod, revision) === revision).length;
      return withStatus(workloadOf(object), {
        observedGeneration: object.metadata.generation ?? 1, replicas: pods.length, readyReplicas: ready, availableReplicas: ready,
        currentReplicas: updated, updatedReplicas: updated, currentRevision: `${name}-${revision}`, updateRevision: `${name}-${revision}`,
      });
    });
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'statefulsets' && type !== 'DELETED' && previous?.['spec'] !== object['spec']) queue.add(keyOf(object));
    if (resource !== 'pods') return;
    const owner = ownerOf(object);
    if (owner?.kind === 'StatefulSet') queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
  });
  return { settle: () => queue.flush() };
}

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? Number.NaN);
}

/** A pod that came with the description, without the label of our hashes, counts as up to date. */
function revisionOf(pod: Pod | undefined, present: string): string {
  const label = pod?.metadata.labels?.[REVISION_HASH];
  return label === undefined || !/^[0-9a-z]{7,11}$/.test(label) ? present : label;
}
