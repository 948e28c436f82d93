import type { DisruptionBudget, Pod } from '../kubernetes/objects.ts';
import type { EvictionAnswer, Kube } from '../kubernetes/port.ts';
import { concurrently } from '../kubernetes/concurrently.ts';
import { lasting, mayBeStarting } from '../kubernetes/refusals.ts';
import { failureTypeOf } from '../step-error.ts';
import { budgetsOf } from './drain-pods.ts';
import { isReady } from './ready.ts';

/** Evictions of one node under way at once: enough to hide the API's latency, too few to be a burst. */
const WIDTH = 16;
/** A budget that does not change is asked again after this: its status may be behind. */
const RETRY_MS = 5_000;
/** An API server that forbids evictions for longer than this does not do so because it starts. */
const STARTING_MS = 60_000;

interface Refused {
  readonly answer: Exclude<EvictionAnswer, { kind: 'accepted' | 'gone' }>;
  readonly sinceMs: number;
  readonly retryAtMs: number;
  /** Disruptions the pod's budget allowed when it refused; a change makes it worth asking again at once. */
  readonly allowed: number | null;
}

/** Sends evictions and remembers what the API said to each pod. */
export interface Evictions {
  /** Asks for all pods that may be asked now; returns when each has its answer. */
  send(pods: readonly Pod[], budgets: readonly DisruptionBudget[]): Promise<void>;
  /** What stands in the way of a pod; null where nothing was refused. */
  refusalOf(pod: Pod): Refused | null;
  /** How many evictions the API has accepted. */
  readonly accepted: number;
}

export function createEvictions(kube: Pick<Kube, 'evict'>, gracePeriodSeconds: number, nowMs: () => number): Evictions {
  const refused = new Map<string, Refused>();
  /** When each was accepted. */
  const sent = new Map<string, number>();
  let accepted = 0;

  function due(pod: Pod, allowed: number | null): boolean {
    // Accepted, but not terminating long after: the deletion was undone or lost, so ask again.
    const sentMs = sent.get(pod.metadata.uid);
    if (sentMs !== undefined) return nowMs() - sentMs >= RETRY_MS;
    const last = refused.get(pod.metadata.uid);
    if (last === undefined || nowMs() >= last.retryAtMs) return true;
    return last.answer.kind === 'protected' && allowed !== null && allowed > 0 && allowed !== last.allowed;
  }

  async function evict(pod: Pod, allowed: number | null): Promise<void> {
    const { uid, name, namespace } = pod.metadata;
    const refusedMs = nowMs() - (refused.get(uid)?.sinceMs ?? nowMs());
    const answer = await ask(kube, { namespace: namespace ?? 'default', name, uid }, gracePeriodSeconds, refusedMs);
    if (answer.kind === 'accepted' || answer.kind === 'gone') {
      if (answer.kind === 'accepted') accepted += 1;
      sent.set(uid, nowMs());
      refused.delete(uid);
      return;
    }
    const waitMs = 'retryAfterMs' in answer && answer.retryAfterMs !== null ? answer.retryAfterMs : RETRY_MS;
    refused.set(uid, { answer, sinceMs: refused.get(uid)?.sinceMs ?? nowMs(), retryAtMs: nowMs() + waitMs, allowed });
  }

  return {
    get accepted() {
      return accepted;
    },
    refusalOf: (pod) => refused.get(pod.metadata.uid) ?? null,
    send: async (pods, budgets) => {
      const chosen = choose(pods, budgets, due);
      await concurrently(chosen, WIDTH, ({ pod, allowed }) => evict(pod, allowed));
    },
  };
}

interface Choice {
  readonly pod: Pod;
  readonly allowed: number | null;
}

/** Of each budget at most as many pods as it allows, but always one: the API alone decides, and its status may be behind. */
function choose(pods: readonly Pod[], budgets: readonly DisruptionBudget[], due: (pod: Pod, allowed: number | null) => boolean): readonly Choice[] {
  const used = new Map<string, number>();
  const chosen: Choice[] = [];
  for (const pod of pods) {
    const budget = budgetsOf(pod, budgets)[0];
    const allowed = budget?.status?.disruptionsAllowed ?? null;
    if (!due(pod, allowed)) continue;
    // A pod that is not Ready does not count as healthy: its budget may let it go (unhealthyPodEvictionPolicy).
    if (budget === undefined || !isReady(pod)) {
      chosen.push({ pod, allowed });
      continue;
    }
    const taken = used.get(budget.metadata.uid) ?? 0;
    if (taken >= Math.max(1, allowed ?? 1)) continue;
    used.set(budget.metadata.uid, taken + 1);
    chosen.push({ pod, allowed });
  }
  return chosen;
}

/** An API that does not answer is a refusal that passes, and so is one that has just started and has not read its roles. */
async function ask(kube: Pick<Kube, 'evict'>, pod: { readonly namespace: string; readonly name: string; readonly uid: string }, gracePeriodSeconds: number, refusedMs: number): Promise<EvictionAnswer> {
  try {
    return await kube.evict(pod, gracePeriodSeconds < 0 ? null : gracePeriodSeconds);
  } catch (error) {
    if (mayBeStarting(error) && refusedMs > STARTING_MS) throw lasting(error);
    if (failureTypeOf(error) !== 'ApiUnreachable' && !mayBeStarting(error)) throw error;
    return { kind: 'refused', message: error instanceof Error ? error.message : String(error), retryAfterMs: 1_000 };
  }
}
