import type { Clock } from '../clock.ts';
import type { ApiObject, EvictionResult } from '../model.ts';
import { withCondition } from './conditions.ts';
import { allowedCondition, disruptedNow } from './controllers/budgets.ts';
import { deletePod } from './controllers/delete-pod.ts';
import { budgetOf, isEnding, isOver, isReadyPod, ownerOf, podOf } from './kinds.ts';
import type { Budget, Pod } from './kinds.ts';
import type { PodIndex } from './pod-index.ts';
import type { EventStore } from './store.ts';

export interface EvictionRequest {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds: number | null;
  readonly dryRun: boolean;
}

export interface EvictionOptions {
  readonly store: EventStore;
  readonly index: PodIndex;
  readonly clock: Clock;
  readonly onEvicted: (pod: Pod) => void;
}

/** As the API's eviction subresource decides. Source: pkg/registry/core/pod/storage/eviction.go. */
export function createEviction({ store, index, clock, onEvicted }: EvictionOptions): (request: EvictionRequest) => EvictionResult {
  function evict(request: EvictionRequest): EvictionResult {
    const found = store.get('pods', request.namespace, request.name);
    if (found === null) return { kind: 'absent' };
    const pod = podOf(found);
    if (!ignoresBudgets(pod)) {
      const refusal = askBudgets(pod, request);
      if (refusal !== null) return refusal;
    }
    return remove(pod, request);
  }

  function askBudgets(pod: Pod, request: EvictionRequest): EvictionResult | null {
    const keys = index.budgetsOf(pod);
    if (keys.length > 1) return { kind: 'several-budgets', message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' };
    const [namespace = '', name = ''] = (keys[0] ?? '').split('/');
    const found = keys.length === 0 ? null : store.get('poddisruptionbudgets', namespace, name);
    if (found === null) return null;
    const budget = budgetOf(found);
    const status = budget.status;
    if (!isReadyPod(pod)) {
      if (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return null;
      if (status !== undefined && status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0) return null;
    }
    return checkAndDecrement(budget, pod, request);
  }

  function checkAndDecrement(budget: Budget, pod: Pod, request: EvictionRequest): EvictionResult | null {
    const { name } = budget.metadata;
    const status = budget.status;
    if (status === undefined || status.observedGeneration < (budget.metadata.generation ?? 1)) {
      return { kind: 'budget', budget: name, message: `The disruption budget ${name} is still being processed by the server.`, retryAfterSeconds: 10 };
    }
    if (status.disruptionsAllowed === 0) {
      return { kind: 'budget', budget: name, message: `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently` };
    }
    if (request.dryRun) return null;
    const disruptionsAllowed = status.disruptionsAllowed - 1;
    const conditions = disruptionsAllowed === 0 ? withCondition(status.conditions, allowedCondition(0, status.observedGeneration), clock.now()) : status.conditions;
    store.put('poddisruptionbudgets', {
      ...budget,
      status: { ...status, disruptionsAllowed, disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: disruptedNow(clock.now()) }, ...(conditions === undefined ? {} : { conditions }) },
    });
    return null;
  }

  function remove(pod: Pod, request: EvictionRequest): EvictionResult {
    const refusal = preconditionRefusal(pod, request);
    if (refusal !== null) return { kind: 'conflict', message: refusal };
    if (request.dryRun) return { kind: 'evicted' };
    const again = isEnding(pod);
    const marked = store.update('pods', request.namespace, request.name, withDisruptionTarget);
    deletePod({ store, clock }, podOf(marked ?? pod), request.gracePeriodSeconds);
    if (!again) onEvicted(pod);
    return { kind: 'evicted' };
  }

  function withDisruptionTarget(object: ApiObject): ApiObject {
    const pod = podOf(object);
    const conditions = withCondition(pod.status?.conditions, { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }, clock.now());
    return { ...pod, status: { ...pod.status, conditions } };
  }

  return evict;
}

/** Such a pod has ended, has not begun, or is on its way: no budget loses anything by it. */
function ignoresBudgets(pod: Pod): boolean {
  return isOver(pod) || pod.status?.phase === 'Pending' || isEnding(pod);
}

function preconditionRefusal(pod: Pod, request: EvictionRequest): string | null {
  const { uid = '', resourceVersion = '', name } = pod.metadata;
  const about = `Operation cannot be fulfilled on Pod "${name}": the`;
  if (request.uid !== undefined && request.uid !== uid) {
    return `${about} UID in the precondition (${request.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
  }
  if (request.resourceVersion !== undefined && request.resourceVersion !== resourceVersion) {
    return `${about} ResourceVersion in the precondition (${request.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
  }
  return null;
}

/** `namespace/owner` of a pod: a ReplicaSet of a Deployment counts as the Deployment. */
export function ownerLabel(pod: Pod, store: EventStore): string {
  const owner = ownerOf(pod);
  const namespace = pod.metadata.namespace ?? '';
  if (owner === null) return `${namespace}/${pod.metadata.name}`;
  const set = owner.kind === 'ReplicaSet' ? store.get('replicasets', namespace, owner.name) : null;
  return `${namespace}/${(set === null ? null : ownerOf(set))?.name ?? owner.name}`;
}
