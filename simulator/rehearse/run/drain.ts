import type { DisruptionBudget, Pod } from '../../../activities/kubernetes/objects.ts';
import type { EvictionAnswer } from '../../../activities/kubernetes/port.ts';
import { budgetsOf, drainFate, refusalText } from '../../../activities/nodes/drain-pods.ts';
import { createEvictions } from '../../../activities/nodes/evictions.ts';
import type { Evictions } from '../../../activities/nodes/evictions.ts';
import { podName } from '../../../activities/nodes/ready.ts';
import type { PlannedNode } from '../../../workflows/domain/plan.ts';
import type { DrainSpec } from '../../../workflows/domain/spec.ts';
import type { EvictionResult } from '../../model.ts';
import { workloadOfPod } from './names.ts';
import type { DrainRecord } from './record.ts';
import type { World } from './world.ts';

/** As the engine's drain looks again while evictions are refused. */
const RECHECK_MS = 500;

export interface DrainOutcome {
  readonly drained: boolean;
  readonly records: readonly DrainRecord[];
}

/** Empties a node by the engine's own rules: which pods, in which number, and when they are asked again. */
export async function drain(world: World, node: PlannedNode, policy: DrainSpec): Promise<DrainOutcome> {
  const refused = refusals(world, node, policy);
  if (refused.length > 0) return { drained: false, records: refused };
  const deadlineMs = world.now() + policy.timeoutSeconds * 1000;
  const blocked = createBlockedPods(world);
  const evictions = createEvictions({ evict: (pod, graceSeconds) => Promise.resolve(answerOf(world.cluster.evict(pod, graceSeconds))) }, policy.gracePeriodSeconds, () => world.clock.now());
  for (;;) {
    const staying = stayingPods(world, node, policy);
    if (staying.length === 0) return { drained: true, records: blocked.records(node.name, []) };
    const remaining = staying.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const budgets = world.budgetsOver(remaining);
    const candidates = remaining.filter((pod) => drainFate(pod, policy, budgets).kind === 'evicted');
    await evictions.send(candidates, budgets);
    const waiting = candidates.filter((pod) => evictions.refusalOf(pod) !== null);
    blocked.look(waiting, evictions, budgets);
    const leftMs = deadlineMs - world.now();
    if (leftMs <= 0) return { drained: false, records: blocked.records(node.name, staying) };
    await world.changed(node.name, waiting.length > 0 ? Math.min(RECHECK_MS, leftMs) : leftMs, budgets);
  }
}

function stayingPods(world: World, node: PlannedNode, policy: DrainSpec): readonly Pod[] {
  // Which pods a drain leaves does not depend on budgets.
  return world.podsOn(node.name).filter((pod) => drainFate(pod, policy, []).kind !== 'left');
}

function refusals(world: World, node: PlannedNode, policy: DrainSpec): readonly DrainRecord[] {
  const pods = world.podsOn(node.name);
  const budgets = world.budgetsOver(pods);
  return pods.flatMap((pod) => {
    const fate = drainFate(pod, policy, budgets);
    if (fate.kind !== 'refused') return [];
    return [{ node: node.name, budget: null, workloads: [workloadOfPod(world, pod)], reason: refusalText(pod, fate, node.pool), waitedMs: 0, held: true }];
  });
}

function answerOf(result: EvictionResult): EvictionAnswer {
  switch (result.kind) {
    case 'evicted': return { kind: 'accepted' };
    case 'absent': return { kind: 'gone' };
    case 'conflict': return { kind: 'gone' };
    case 'budget': return { kind: 'protected', budget: result.budget, message: result.message, retryAfterMs: 'retryAfterSeconds' in result && typeof result.retryAfterSeconds === 'number' ? result.retryAfterSeconds * 1000 : null };
    case 'several-budgets': return { kind: 'several-budgets', message: result.message };
  }
}

interface Blocked {
  readonly budget: string | null;
  readonly workloads: Set<string>;
  readonly pods: Set<string>;
  reason: string;
  sinceMs: number | null;
  waitedMs: number;
}

/** Remembers which budgets refused for how long. */
function createBlockedPods(world: World) {
  const blocked = new Map<string, Blocked>();

  function look(waiting: readonly Pod[], evictions: Evictions, budgets: readonly DisruptionBudget[]): void {
    const now = world.now();
    const seen = new Set<string>();
    for (const pod of waiting) {
      const refusal = evictions.refusalOf(pod);
      if (refusal === null) continue;
      const budget = refusal.answer.kind === 'protected' ? `${pod.metadata.namespace ?? 'default'}/${refusal.answer.budget ?? budgetsOf(pod, budgets)[0]?.metadata.name ?? '?'}` : null;
      const key = budget ?? podName(pod);
      seen.add(key);
      const known = blocked.get(key) ?? { budget, workloads: new Set<string>(), pods: new Set<string>(), reason: '', sinceMs: null, waitedMs: 0 };
      blocked.set(key, known);
      known.workloads.add(workloadOfPod(world, pod));
      known.pods.add(podName(pod));
      known.reason = refusal.answer.message;
      known.sinceMs ??= now;
    }
    for (const [key, entry] of blocked) {
      if (entry.sinceMs === null || seen.has(key)) continue;
      entry.waitedMs += now - entry.sinceMs;
      entry.sinceMs = null;
    }
  }

  /** @param left Pods that are still there when the drain gives up; empty where it ended. */
  function records(node: string, left: readonly Pod[]): readonly DrainRecord[] {
    const now = world.now();
    const names = new Set(left.map(podName));
    const known = [...blocked.values()].map((entry): DrainRecord => ({
      node, budget: entry.budget, workloads: [...entry.workloads], reason: entry.reason,
      waitedMs: entry.waitedMs + (entry.sinceMs === null ? 0 : now - entry.sinceMs),
      held: entry.sinceMs !== null && [...entry.pods].some((pod) => names.has(pod)),
    }));
    if (left.length === 0 || known.some((record) => record.held)) return known;
    const workloads = [...new Set(left.map((pod) => workloadOfPod(world, pod)))];
    return [...known, { node, budget: null, workloads, reason: `${left.length} ${left.length === 1 ? 'pod' : 'pods'} had not ended when the drain's time was over`, waitedMs: 0, held: true }];
  }

  return { look, records };
}
