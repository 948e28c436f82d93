import { suitsNode, isTolerated } from '../feasible.ts';
import { isEnding, isOver, isReadyPod, keyOf, ownerOf, podOf, workloadOf } from '../kinds.ts';
import type { Pod, Toleration, Workload } from '../kinds.ts';
import { CONTROLLER_DELAY_MS, nameSuffix } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import type { NodeFacts, NodeIndex } from '../node-index.ts';
import { scaledValue } from '../quantity.ts';
import { createWorkQueue } from '../work-queue.ts';
import { deletePod } from './delete-pod.ts';
import { newPod, withStatus } from './new-pod.ts';
import { REVISION_HASH, templateHash } from './template-hash.ts';

/** A count over thousands of nodes is made this often at most; over few nodes as soon as a controller hears of a change. */
const LONGEST_COUNT_DELAY_MS = 250;

/** What every DaemonSet's pod tolerates. Source: AddOrUpdateDaemonPodTolerations in pkg/controller/daemon/util/daemonset_util.go. */
const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** One pod of each DaemonSet on every node that it suits, cordoned or not. */
export function createDaemonSets(machinery: Machinery, nodes: NodeIndex): Settling {
  const { store, index, clock, seed } = machinery;
  const made = new Map<string, number>();
  const places = createWorkQueue(clock, CONTROLLER_DELAY_MS, (place) => {
    const [key = '', node = ''] = place.split(' ');
    reconcile(key, node);
  });
  const statuses = createWorkQueue(clock, () => Math.min(LONGEST_COUNT_DELAY_MS, Math.max(CONTROLLER_DELAY_MS, nodes.all.length)), (key) => {
    const set = get(key);
    if (set === null) return;
    roll(set);
    report(set);
  });

  function get(key: string): Workload | null {
    const [namespace = '', name = ''] = key.split('/');
    const found = store.get('daemonsets', namespace, name);
    return found === null || isEnding(found) ? null : workloadOf(found);
  }

  function reconcile(key: string, nodeName: string): void {
    const set = get(key);
    if (set === null) return;
    statuses.add(key);
    const node = nodes.get(nodeName);
    const present = index.onNode(nodeName).filter((pod) => ownerOf(pod)?.uid === set.metadata.uid);
    const alive = present.filter((pod) => !isEnding(pod));
    if (node === null || !belongs(set, node, 'NoExecute')) {
      for (const pod of alive) deletePod(machinery, pod);
      return;
    }
    if (!belongs(set, node)) return;
    // The new one comes when the old one is gone.
    if (present.length === 0) make(set, key, nodeName);
    for (const pod of alive) if (isOver(pod)) deletePod(machinery, pod);
  }

  function make(set: Workload, key: string, node: string): void {
    const number = (made.get(key) ?? 0) + 1;
    made.set(key, number);
    const { template } = set.spec;
    // The real controller binds by affinity and leaves the rest to the scheduler; a node that suits has room for it here.
    const spec = { nodeName: node, tolerations: [...(template.spec.tolerations ?? []), ...TOLERATIONS], affinity: affinityTo(node) };
    store.put('pods', newPod({ owner: set, name: `${set.metadata.name}-${nameSuffix(seed, key, number)}`, template, spec, labels: { [REVISION_HASH]: templateHash(template) }, nowMs: clock.now() }));
  }

  /** Replaces pods of a former template, as many at a time as may be unavailable. */
  function roll(set: Workload): void {
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const revision = templateHash(set.spec.template);
    const pods = index.ownedBy(set.metadata.uid ?? '');
    const outdated = pods.filter((pod) => !isEnding(pod) && pod.metadata.labels?.[REVISION_HASH] !== revision);
    if (outdated.length === 0) return;
    const wanted = nodes.all.filter((node) => belongs(set, node)).length;
    const available = pods.filter((pod) => !isEnding(pod) && isReadyPod(pod)).length;
    const may = Math.max(1, scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted, 'up')) - (wanted - available);
    const idle = outdated.filter((pod) => !isReadyPod(pod));
    const serving = outdated.filter(isReadyPod).slice(0, Math.max(0, may));
    for (const pod of [...idle, ...serving]) deletePod(machinery, pod);
  }

  function report(set: Workload): void {
    const revision = templateHash(set.spec.template);
    const pods = index.ownedBy(set.metadata.uid ?? '').filter((pod) => !isEnding(pod));
    const wanted = nodes.all.filter((node) => belongs(set, node)).length;
    const ready = pods.filter(isReadyPod).length;
    const updated = pods.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === revision).length;
    store.update('daemonsets', set.metadata.namespace ?? null, set.metadata.name, (object) =>
      withStatus(workloadOf(object), {
        observedGeneration: object.metadata.generation ?? 1, desiredNumberScheduled: wanted, currentNumberScheduled: pods.length, numberMisscheduled: 0,
        updatedNumberScheduled: updated, numberReady: ready, numberAvailable: ready, numberUnavailable: Math.max(0, wanted - ready),
      }));
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'daemonsets' && type !== 'DELETED' && previous?.['spec'] !== object['spec']) {
      for (const node of nodes.all) places.add(`${keyOf(object)} ${node.name}`);
      statuses.add(keyOf(object));
    }
    if (resource !== 'pods') return;
    const owner = ownerOf(object);
    if (owner?.kind === 'DaemonSet') places.add(`${object.metadata.namespace ?? ''}/${owner.name} ${podOf(object).spec.nodeName ?? ''}`);
  });
  nodes.onChange((node) => {
    for (const set of store.list('daemonsets')) places.add(`${keyOf(set)} ${node}`);
  });
  return {
    settle: () => {
      const placed = places.flush();
      return statuses.flush() || placed;
    },
  };
}

/** Whether its pod should be there; with `NoExecute`, whether one that is there may stay. */
function belongs(set: Workload, node: NodeFacts, only: 'NoExecute' | null = null): boolean {
  const { spec } = set.spec.template;
  if (!suitsNode({ spec }, node)) return false;
  const tolerations = [...(spec.tolerations ?? []), ...TOLERATIONS];
  return node.taints.every((taint) => taint.effect === 'PreferNoSchedule' || (only !== null && taint.effect !== only) || isTolerated(taint, tolerations));
}

function affinityTo(node: string): NonNullable<Pod['spec']['affinity']> {
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] } } };
}
