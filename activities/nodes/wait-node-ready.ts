import { currentActivity } from '../activity-context.ts';
import { stepError } from '../step-error.ts';
import type { StepProgress, StepResult, WaitNodeReadyInput } from '../../workflows/domain/step.ts';
import type { Pod } from '../kubernetes/objects.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import { watchUntil } from '../kubernetes/wait.ts';
import type { Done, Pending } from '../kubernetes/wait.ts';
import type { NodeActivityOptions } from './cordon-node.ts';
import { readinessProblems } from './readiness.ts';
import { isMirror, isReady } from './ready.ts';
import { serviceOf, unreadyBefore } from './unready-before.ts';
import { redactedStart } from '../redaction/redacted.ts';

/**
 * How long nothing may be wrong. A kubelet that restarts posts Ready from its first look and takes it back within about a second
 * where its runtime or its network is not up; longer would only add to every node's time.
 */
const SETTLE_MS = 2_000;
const TIMEOUT_MS = 10 * 60_000;

export interface WaitNodeReadyOptions extends NodeActivityOptions {
  /** Default 2 s. */
  readonly settleMs?: number;
  /** Default 10 minutes. */
  readonly readyTimeoutMs?: number;
}

/**
 * Waits until a node is Ready at the planned version, its own services included, and stays so for the settle time. What was not
 * Ready before the cordon is not waited for, and said.
 * Failure: NodeNotReady, which says what is missing.
 */
export function createWaitNodeReady(options: WaitNodeReadyOptions): (input: WaitNodeReadyInput) => Promise<StepResult> {
  const settleMs = options.settleMs ?? SETTLE_MS;
  const timeoutMs = options.readyTimeoutMs ?? TIMEOUT_MS;
  return async function waitNodeReady(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const { name } = input.node;
    const node = kube.follow({ kind: 'node', name });
    const lease = kube.follow({ kind: 'node-lease', node: name });
    const pods = kube.follow({ kind: 'pods', node: name });
    let goodSinceMs: number | null = null;

    function check(): Done<string> | Pending {
      const now = node.items?.[0] ?? null;
      if (now !== null && now.metadata.uid !== input.node.uid) return { waitingFor: { message: 'another node has its name' } };
      const before = unreadyBefore(now, input.upgrade);
      const all = pods.items ?? [];
      const isExcused = (pod: Pod): boolean => !isMirror(pod) && before.includes(serviceOf(pod));
      const view = { node: now, lease: lease.items?.[0] ?? null, pods: all.filter((pod) => !isExcused(pod)), version: input.node.to, restartedAt: input.restartedAt };
      const problems = readinessProblems(view);
      if (problems.length > 0) {
        goodSinceMs = null;
        return { waitingFor: waitingFor(problems) };
      }
      goodSinceMs ??= performance.now();
      const leftMs = settleMs - (performance.now() - goodSinceMs);
      const still = [...new Set(all.filter((pod) => isExcused(pod) && !isReady(pod)).map(serviceOf))].toSorted();
      return leftMs <= 0 ? { done: `Ready at ${input.node.to}${still.length === 0 ? '' : `; not Ready before and not now: ${still.join(', ')}`}` } : { waitingFor: { message: 'Ready; settling' }, recheckMs: leftMs };
    }

    const note = await watchUntil({
      activity,
      sources: [node, lease, pods],
      timeoutMs,
      check,
      onTimeout: (last, outage) =>
        stepError(
          'NodeNotReady',
          `Node ${name} was not Ready at ${input.node.to} within ${Math.round(timeoutMs / 1000)} s: ${last.message}.${outage === null ? '' : ` ${outage}`}`,
          `Look at \`kubectl describe node ${name}\` and \`journalctl -u kubelet\` on it; then \`capstan retry ${name}\`.`,
        ),
    });
    return finish({ changed: false, note });
  };
}

function waitingFor(problems: readonly string[]): StepProgress {
  return { message: redactedStart(problems.slice(0, 6).join('; '), 900) };
}
