import type { DrainSpec } from '../../workflows/domain/spec.ts';
import type { StepProgress } from '../../workflows/domain/step.ts';
import type { DisruptionBudget, Node, Pod } from '../kubernetes/objects.ts';
import { budgetsOf, drainFate } from './drain-pods.ts';
import type { Evictions } from './evictions.ts';
import { conditionOf, podName } from './ready.ts';
import { redactedStart } from '../redaction/redacted.ts';

/** Heartbeats travel often: what they carry stays under this many bytes. */
const PROGRESS_BYTES = 1024;
const REASON_LENGTH = 120;

export interface DrainView {
  readonly evictions: Evictions;
  readonly policy: DrainSpec;
  readonly budgets: readonly DisruptionBudget[];
  /** Null where the API does not list it. */
  readonly node: Node | null;
  /** Monotonic, as the evictions' clock. */
  readonly nowMs: number;
}

type Blocker = NonNullable<StepProgress['blockers']>[number];

/** What a drain waits for now. Pods that a budget protects come first; as many as fit are named. */
export function drainProgress(staying: readonly Pod[], view: DrainView): StepProgress {
  const unreachable = view.node !== null && conditionOf(view.node, 'Ready')?.status === 'Unknown';
  const blockers = staying.map((pod) => blockerOf(pod, view, unreachable)).toSorted((one, other) => rank(one) - rank(other));
  const held = blockers.filter((blocker) => blocker.budget !== null);
  const message = held.length === 0 ? `${staying.length} pods to go` : `${staying.length} pods to go, ${held.length} protected by ${[...new Set(held.map((blocker) => blocker.budget))].slice(0, 3).join(', ')}`;
  return fitted({ message, blockers });
}

function rank(blocker: Blocker): number {
  return blocker.budget === null ? 1 : 0;
}

function blockerOf(pod: Pod, view: DrainView, unreachable: boolean): Blocker {
  const name = podName(pod);
  if (pod.metadata.deletionTimestamp !== undefined) {
    return { pod: name, budget: null, reason: unreachable ? 'terminating, but the kubelet of its node does not answer' : 'terminating', seconds: 0 };
  }
  const refusal = view.evictions.refusalOf(pod);
  if (refusal === null) {
    const fate = drainFate(pod, view.policy, view.budgets);
    return { pod: name, budget: null, reason: fate.kind === 'refused' ? fate.reason : 'its eviction is next', seconds: 0 };
  }
  const seconds = Math.round((view.nowMs - refusal.sinceMs) / 1000);
  const reason = redactedStart(refusal.answer.message, REASON_LENGTH);
  if (refusal.answer.kind !== 'protected') return { pod: name, budget: null, reason, seconds };
  const budget = refusal.answer.budget ?? budgetsOf(pod, view.budgets)[0]?.metadata.name ?? 'a budget';
  return { pod: name, budget: `${pod.metadata.namespace ?? 'default'}/${budget}`, reason, seconds };
}

function fitted(progress: StepProgress): StepProgress {
  const blockers = [...(progress.blockers ?? [])];
  while (blockers.length > 0 && Buffer.byteLength(JSON.stringify({ ...progress, blockers })) > PROGRESS_BYTES) blockers.pop();
  return { ...progress, blockers };
}
