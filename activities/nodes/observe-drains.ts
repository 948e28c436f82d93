import { currentActivity, whileBeating } from '../activity-context.ts';
import { expectedDrainSeconds } from '../../workflows/domain/drain-facts.ts';
import type { DrainFacts, ObserveDrainsInput } from '../../workflows/domain/drain-facts.ts';
import type { DrainSpec } from '../../workflows/domain/spec.ts';
import type { DisruptionBudget, Pod } from '../kubernetes/objects.ts';
import { podsPath } from '../kubernetes/paths.ts';
import { rideOver } from '../kubernetes/wait.ts';
import type { NodeActivityOptions } from './cordon-node.ts';
import { indexBudgets } from './budget-index.ts';
import { budgetsOf, drainFate } from './drain-pods.ts';

/** A pod that names none gets this of the API. */
const DEFAULT_GRACE_SECONDS = 30;

interface Load {
  pods: number;
  graceSeconds: number;
  /** Pods by index of the budget. */
  readonly guarded: Map<number, number>;
}

/** Reads budgets and pods once, page by page, and keeps a few numbers a node. */
export function createObserveDrains(options: NodeActivityOptions): (input: ObserveDrainsInput) => Promise<DrainFacts> {
  return async function observeDrains(input) {
    const activity = currentActivity();
    const kube = await options.openKube(input.upgrade.access);
    return whileBeating(() => 'reading pods and budgets', () => rideOver(activity, async () => {
      const budgets = await kube.listBudgets();
      const add = adder(budgets, input.drain);
      const path = podsPath(input.drain.podSelector === null ? {} : { labels: input.drain.podSelector });
      const loads = await kube.fold<Pod, ReadonlyMap<string, Load>>(path, () => emptyLoads(input.nodes), (sofar, pods) => {
        for (const pod of pods) add(sofar, pod);
        return sofar;
      });
      return drainFacts(input.nodes, loads, budgets);
    }));
  };
}

/** The same of pods and budgets that are at hand. */
export function drainFactsOf(nodes: readonly string[], drain: DrainSpec, budgets: readonly DisruptionBudget[], pods: readonly Pod[]): DrainFacts {
  const add = adder(budgets, drain);
  const loads = emptyLoads(nodes);
  for (const pod of pods) add(loads, pod);
  return drainFacts(nodes, loads, budgets);
}

function emptyLoads(nodes: readonly string[]): ReadonlyMap<string, Load> {
  return new Map(nodes.map((node) => [node, { pods: 0, graceSeconds: 0, guarded: new Map<number, number>() }]));
}

function adder(budgets: readonly DisruptionBudget[], drain: DrainSpec): (loads: ReadonlyMap<string, Load>, pod: Pod) => void {
  const indexes = new Map(budgets.map((budget, index) => [budget.metadata.uid, index]));
  const nearOf = indexBudgets(budgets);
  return (loads, pod) => {
    const load = loads.get(pod.spec.nodeName ?? '');
    if (load === undefined) return;
    const near = nearOf(pod);
    if (drainFate(pod, drain, near).kind !== 'evicted') return;
    load.pods += 1;
    load.graceSeconds = Math.max(load.graceSeconds, drain.gracePeriodSeconds >= 0 ? drain.gracePeriodSeconds : pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
    const index = indexes.get(budgetsOf(pod, near)[0]?.metadata.uid ?? '');
    if (index !== undefined) load.guarded.set(index, (load.guarded.get(index) ?? 0) + 1);
  };
}

function drainFacts(nodes: readonly string[], loads: ReadonlyMap<string, Load>, budgets: readonly DisruptionBudget[]): DrainFacts {
  const carriers = new Map<number, number>();
  for (const { guarded } of loads.values()) for (const index of guarded.keys()) carriers.set(index, (carriers.get(index) ?? 0) + 1);
  const shared = [...budgets.keys()].filter((index) => (carriers.get(index) ?? 0) > 1);
  const places = new Map(shared.map((index, place) => [index, place]));
  const rows = nodes.map((name) => {
    const load = loads.get(name);
    if (load === undefined) return [0];
    const guarded = [...load.guarded].map(([index, pods]) => ({ pods, allowed: allowedOf(budgets[index]) }));
    const shares = [...load.guarded].toSorted(([left], [right]) => left - right).flatMap(([index, pods]) => {
      const place = places.get(index);
      return place === undefined ? [] : [place, pods];
    });
    return [expectedDrainSeconds({ ...load, guarded }), ...shares];
  });
  return { allowed: shared.map((index) => allowedOf(budgets[index])), rows };
}

/**
 * How many pods of a budget may be away at once. What it allows at this moment may be less only because one is on its way:
 * the room that it leaves when all are healthy counts.
 */
function allowedOf(budget: DisruptionBudget | undefined): number {
  if (budget?.status === undefined) return 0;
  const { disruptionsAllowed, expectedPods, desiredHealthy } = budget.status;
  return Math.max(disruptionsAllowed, expectedPods - desiredHealthy, 0);
}
