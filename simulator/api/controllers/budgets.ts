import { timestamp, withCondition } from '../conditions.ts';
import { isEqual } from '../equal.ts';
import type { RecordEvent } from '../events.ts';
import { budgetOf, isEnding, isReadyPod, keyOf, ownerOf, podOf, workloadOf } from '../kinds.ts';
import type { Budget, BudgetStatus, Condition, Pod } from '../kinds.ts';
import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { scaledValue } from '../quantity.ts';
import { createWorkQueue } from '../work-queue.ts';

/** An eviction that did not come about is believed in for this long. Source: DeletionTimeout of the disruption controller. */
const DELETION_TIMEOUT_MS = 2 * 60_000;

/** Keeps the status of each budget. Source: pkg/controller/disruption/disruption.go. */
export function createBudgets({ store, index, clock }: Machinery, record: RecordEvent): Settling {
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, reconcile);
  // By budget: pods that are gone. A budget names its evicted pods, and a StatefulSet's comes back under the same name.
  const gone = new Map<string, Set<string>>();
  // `NAMESPACE/BUDGET/POD/SINCE` of evictions that are believed in, and of those that no longer are.
  const waiting = new Set<string>();
  const expired = new Set<string>();

  function reconcile(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const found = store.get('poddisruptionbudgets', namespace, name);
    if (found === null) gone.delete(key);
    if (found === null || isEnding(found)) return;
    const budget = budgetOf(found);
    const pods = index.guardedBy(key);
    const expected = expectation(budget, pods);
    if (expected === null) {
      fail(budget);
      return;
    }
    const disrupted = stillDisrupted(budget, pods, gone.get(key));
    gone.delete(key);
    const currentHealthy = pods.filter((pod) => !isEnding(pod) && isReadyPod(pod) && disrupted[pod.metadata.name] === undefined).length;
    const allowed = expected.pods <= 0 ? 0 : Math.max(0, currentHealthy - expected.healthy);
    write(budget, {
      observedGeneration: budget.metadata.generation ?? 1, disruptionsAllowed: allowed, currentHealthy, desiredHealthy: expected.healthy, expectedPods: expected.pods,
      ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
      conditions: withCondition(budget.status?.conditions, allowedCondition(allowed, budget.metadata.generation ?? 1), clock.now()),
    });
    for (const [pod, since] of Object.entries(disrupted)) expireLater(key, `${key}/${pod}/${since}`);
  }

  // By a timer of the twin's time: the dates of a clock that runs faster are this machine's.
  function expireLater(key: string, entry: string): void {
    if (waiting.has(entry)) return;
    waiting.add(entry);
    clock.after(DELETION_TIMEOUT_MS, () => {
      waiting.delete(entry);
      expired.add(entry);
      queue.add(key);
    });
  }

  function write(budget: Budget, status: BudgetStatus): void {
    if (isEqual(budget.status, status)) return;
    store.put('poddisruptionbudgets', { ...budget, status });
  }

  /** Null where a pod's controller is one that has no scale. */
  function expectation({ spec }: Budget, pods: readonly Pod[]): { readonly pods: number; readonly healthy: number } | null {
    if (spec.maxUnavailable === undefined && typeof spec.minAvailable === 'number') return { pods: pods.length, healthy: spec.minAvailable };
    const total = expectedScale(pods);
    if (total === null) return null;
    if (spec.maxUnavailable !== undefined) return { pods: total, healthy: Math.max(0, total - scaledValue(spec.maxUnavailable, total, 'up')) };
    return { pods: total, healthy: scaledValue(spec.minAvailable, total, 'up') };
  }

  function expectedScale(pods: readonly Pod[]): number | null {
    const scales = new Map<string, number>();
    for (const pod of pods) {
      const owner = ownerOf(pod);
      if (owner === null || scales.has(owner.uid)) continue;
      const scale = scaleOf(owner.kind, pod.metadata.namespace ?? '', owner.name);
      if (scale === null) return null;
      scales.set(scale.uid, scale.replicas);
      scales.set(owner.uid, scale.uid === owner.uid ? scale.replicas : 0);
    }
    let total = 0;
    for (const replicas of scales.values()) total += replicas;
    return total;
  }

  /** A ReplicaSet of a Deployment counts as that Deployment, which keeps its scale while it rolls out. */
  function scaleOf(kind: string, namespace: string, name: string): { readonly uid: string; readonly replicas: number } | null {
    const resource = kind === 'ReplicaSet' ? 'replicasets' : kind === 'StatefulSet' ? 'statefulsets' : null;
    const found = resource === null ? null : store.get(resource, namespace, name);
    if (found === null) return null;
    const above = ownerOf(found);
    const deployment = above?.kind === 'Deployment' ? store.get('deployments', namespace, above.name) : null;
    const scaled = workloadOf(deployment ?? found);
    return { uid: scaled.metadata.uid ?? '', replicas: scaled.spec.replicas ?? 1 };
  }

  function stillDisrupted(budget: Budget, pods: readonly Pod[], left: ReadonlySet<string> | undefined): Readonly<Record<string, string>> {
    const known = budget.status?.disruptedPods;
    if (known === undefined) return {};
    const kept: Record<string, string> = {};
    for (const pod of pods) {
      const since = known[pod.metadata.name];
      if (since === undefined || isEnding(pod) || left?.has(pod.metadata.name) === true) continue;
      const isOld = expired.delete(`${keyOf(budget)}/${pod.metadata.name}/${since}`) || Date.parse(since) + DELETION_TIMEOUT_MS <= clock.now();
      if (!isOld) kept[pod.metadata.name] = since;
    }
    return kept;
  }

  function fail(budget: Budget): void {
    const message = `found no controllers for pod of ${budget.metadata.name}`;
    record(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${message}`, 'controllermanager');
    const known = budget.status ?? { observedGeneration: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 };
    const condition: Condition = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message, observedGeneration: known.observedGeneration };
    write(budget, { ...known, disruptionsAllowed: 0, conditions: withCondition(known.conditions, condition, clock.now()) });
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'poddisruptionbudgets' && type !== 'DELETED' && previous?.['spec'] !== object['spec']) queue.add(keyOf(object));
    if (resource === 'pods' && (previous === undefined || type === 'DELETED' || countsOtherwise(podOf(previous), podOf(object)))) {
      for (const key of index.budgetsOf(podOf(object))) {
        if (type === 'DELETED') gone.set(key, new Set(gone.get(key)).add(object.metadata.name));
        queue.add(key);
      }
    }
  });
  return { settle: () => queue.flush() };
}

function countsOtherwise(before: Pod, after: Pod): boolean {
  return isReadyPod(before) !== isReadyPod(after) || isEnding(before) !== isEnding(after) || before.metadata.labels !== after.metadata.labels;
}

/** Source: pkg/apis/policy/… pdb helper UpdateDisruptionAllowedCondition. */
export function allowedCondition(allowed: number, observedGeneration: number): Condition {
  const status = allowed > 0 ? 'True' : 'False';
  return { type: 'DisruptionAllowed', status, reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods', message: '', observedGeneration };
}

export function disruptedNow(nowMs: number): string {
  return timestamp(nowMs);
}
