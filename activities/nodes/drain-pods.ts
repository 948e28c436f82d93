import { drainKey } from '../../workflows/domain/drain-policy.ts';
import type { DrainSpec } from '../../workflows/domain/spec.ts';
import type { DisruptionBudget, Pod } from '../kubernetes/objects.ts';
import { selects } from '../kubernetes/selector.ts';
import { controllerOf, isFinished, isMirror, podName } from './ready.ts';

/** What a drain does with a pod. */
export type DrainFate =
  /** DaemonSet, mirror and finished pods: left. */
  | { readonly kind: 'left' }
  | { readonly kind: 'evicted' }
  /** Evicting it would lose something that the spec does not give up: the drain does not begin. */
  | { readonly kind: 'refused'; readonly reason: string; readonly key: 'deleteEmptyDir' | 'deleteBarePods' | null };

/** Pure: what happens to this pod under this policy. */
export function drainFate(pod: Pod, drain: DrainSpec, budgets: readonly DisruptionBudget[]): DrainFate {
  const controller = controllerOf(pod);
  if (isMirror(pod) || controller?.kind === 'DaemonSet') return { kind: 'left' };
  // It is on its way already: nothing is left to decide. Its phase is Succeeded or Failed for a moment before it is gone.
  if (pod.metadata.deletionTimestamp !== undefined) return { kind: 'evicted' };
  if (isFinished(pod)) return { kind: 'left' };
  if (controller === null && !drain.deleteBarePods) {
    return { kind: 'refused', reason: 'no controller would bring it back', key: 'deleteBarePods' };
  }
  const emptyDirs = (pod.spec.volumes ?? []).filter((volume) => volume.emptyDir !== undefined).map((volume) => volume.name);
  if (emptyDirs.length > 0 && !drain.deleteEmptyDir) {
    return { kind: 'refused', reason: `the data of its emptyDir ${emptyDirs.join(', ')} would be lost`, key: 'deleteEmptyDir' };
  }
  const matching = budgetsOf(pod, budgets);
  // The API skips budgets for a pod that does not run yet.
  if (matching.length > 1 && pod.status.phase !== 'Pending') {
    const names = matching.map((budget) => budget.metadata.name).join(' and ');
    return { kind: 'refused', reason: `more than one PodDisruptionBudget selects it (${names}), which the API never evicts`, key: null };
  }
  return { kind: 'evicted' };
}

export function budgetsOf(pod: Pod, budgets: readonly DisruptionBudget[]): readonly DisruptionBudget[] {
  return budgets.filter((budget) => budget.metadata.namespace === pod.metadata.namespace && selects(budget.spec.selector, pod.metadata.labels ?? {}));
}

/** `namespace/pod: reason (spec key that allows it)`. */
export function refusalText(pod: Pod, fate: Extract<DrainFate, { kind: 'refused' }>, pool: string | null): string {
  if (fate.key === null) return `${podName(pod)}: ${fate.reason}`;
  return `${podName(pod)}: ${fate.reason} (${drainKey(pool)}.${fate.key} allows it)`;
}

/** What a person may do about it, without harm to a pod that is healthy. */
export function refusalAdvice(pod: Pod, fate: Extract<DrainFate, { kind: 'refused' }>, pool: string | null): string {
  if (fate.key === null) return `Leave one PodDisruptionBudget that selects ${podName(pod)}.`;
  return `Where that loss is borne, set ${drainKey(pool)}.${fate.key}: true; else move ${podName(pod)} to a node that stays, or see to it that the drain leaves it (${drainKey(pool)}.podSelector).`;
}
