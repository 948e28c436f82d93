import type { Workload } from '../kubernetes/objects.ts';
import type { Kube, Rollout } from '../kubernetes/port.ts';
import { pause, rideOver } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { redactedStart } from '../redaction/redacted.ts';

/** Rollouts are few: asking is cheap enough to do without a watch for each. One that has taken a while is asked less often. */
const ASK_MS = 250;
const LONGEST_ASK_MS = 5_000;
const ASK_GROWTH = 1.2;

export interface RolloutTarget {
  readonly kind: Rollout;
  readonly namespace: string;
  readonly name: string;
}

/** What is missing until the workload's present template runs everywhere; null where nothing is. */
export function rolloutProblem(kind: Rollout, workload: Workload): string | null {
  const { status } = workload;
  if (status === undefined || (status.observedGeneration ?? 0) < (workload.metadata.generation ?? 0)) return 'its controller has not seen the change yet';
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    const updated = status.updatedNumberScheduled ?? 0;
    const ready = status.numberReady ?? 0;
    return updated >= wanted && ready >= wanted ? null : `${updated} of ${wanted} pods are updated, ${ready} Ready`;
  }
  const wanted = workload.spec.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  const ready = status.readyReplicas ?? 0;
  const all = status.replicas ?? 0;
  return updated >= wanted && ready >= wanted && all <= updated ? null : `${updated} of ${wanted} pods are updated, ${ready} Ready, ${Math.max(0, all - updated)} old ones left`;
}

/**
 * Waits until all targets are rolled out; an absent one is waited for as well.
 * @returns null, or what was missing when the time was over.
 */
export async function waitForRollouts(activity: Activity, kube: Kube, targets: readonly RolloutTarget[], timeoutMs: number, extra: (target: RolloutTarget, workload: Workload) => string | null = () => null): Promise<string | null> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let askMs = ASK_MS; ; askMs = Math.min(LONGEST_ASK_MS, askMs * ASK_GROWTH)) {
    const problems = (await Promise.all(targets.map((target) => problemOf(activity, kube, target, extra)))).flatMap((problem) => problem ?? []);
    if (problems.length === 0) return null;
    if (performance.now() >= deadlineMs) return problems.join('; ');
    activity.heartbeat({ message: redactedStart(problems.join('; '), 900) });
    await pause(askMs, activity.signal);
    activity.signal.throwIfAborted();
  }
}

async function problemOf(activity: Activity, kube: Kube, target: RolloutTarget, extra: (target: RolloutTarget, workload: Workload) => string | null): Promise<string | null> {
  const workload = await rideOver(activity, () => kube.getWorkload(target.kind, target.namespace, target.name));
  const label = `${target.kind} ${target.namespace}/${target.name}`;
  if (workload === null) return `${label} is absent`;
  const problem = extra(target, workload) ?? rolloutProblem(target.kind, workload);
  return problem === null ? null : `${label}: ${problem}`;
}
