import { currentActivity } from '../activity-context.ts';
import { stepError } from '../step-error.ts';
import { drainKey } from '../../workflows/domain/drain-policy.ts';
import type { DrainStepInput, StepProgress, StepResult } from '../../workflows/domain/step.ts';
import type { DisruptionBudget, Node, Pod } from '../kubernetes/objects.ts';
import type { Followed, Kube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import { watchUntil } from '../kubernetes/wait.ts';
import type { Activity, Done, Pending } from '../kubernetes/wait.ts';
import { ensureCordoned } from './cordon-node.ts';
import type { NodeActivityOptions } from './cordon-node.ts';
import { drainFate, refusalText } from './drain-pods.ts';
import { drainProgress } from './drain-progress.ts';
import { createEvictions } from './evictions.ts';
import { unreadyNote } from './unready-before.ts';
import type { Evictions } from './evictions.ts';

/** While evictions are refused, look for one that is due again this often; a change of a budget is seen at once. */
const RECHECK_MS = 500;

/**
 * Cordons a node, evicts its pods through the eviction API and waits until they are gone. Deletes none, unless a person decided so
 * (`force`): then every pod that a drain does not leave is deleted, with its grace period, past budgets and the pool's drain policy.
 * Safe to run twice: what is gone is gone, what terminates is waited for; the timeout counts from the latest attempt.
 * Failures: those of `cordonNode`; DrainTimeout, which names each pod that is left and why; also at once, before any eviction, where a pod may
 * not be evicted under the pool's drain policy.
 */
export function createDrainNode(options: NodeActivityOptions): (input: DrainStepInput) => Promise<StepResult> {
  return async function drainNode(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    if (!input.drain.enabled) return finish({ changed: false, note: `${drainKey(input.node.pool)}.enabled is false` });
    const kube = await options.openKube(input.upgrade.access);
    const { unready } = await ensureCordoned(activity, kube, input, options);
    const evicted = await drain(activity, kube, input);
    return finish({ changed: evicted > 0, note: `${noteOf(evicted, input.force === true)}${unreadyNote(unready)}` });
  };
}

interface Sources {
  readonly pods: Followed<Pod>;
  readonly budgets: Followed<DisruptionBudget>;
  readonly node: Followed<Node>;
}

function noteOf(pods: number, isForced: boolean): string {
  if (pods === 0) return 'nothing to evict';
  return `${pods} ${pods === 1 ? 'pod' : 'pods'} ${isForced ? 'deleted by force' : 'evicted'}`;
}

function drain(activity: Activity, kube: Kube, input: DrainStepInput): Promise<number> {
  const { node } = input;
  const isForced = input.force === true;
  const policy = isForced ? { ...input.drain, deleteBarePods: true, deleteEmptyDir: true } : input.drain;
  const sources: Sources = {
    pods: kube.follow({ kind: 'pods', node: node.name, ...(policy.podSelector === null ? {} : { labels: policy.podSelector }) }),
    budgets: kube.follow({ kind: 'budgets' }),
    node: kube.follow({ kind: 'node', name: node.name }),
  };
  const evictions = createEvictions(isForced ? deletions(kube) : kube, policy.gracePeriodSeconds, () => performance.now());
  let started = false;

  async function check(): Promise<Done<number> | Pending> {
    const pods = sources.pods.items ?? [];
    const budgets = isForced ? [] : sources.budgets.items ?? [];
    if (!started) refuseBeforeStart(pods, budgets, { ...input, drain: policy });
    started = true;
    const staying = pods.filter((pod) => drainFate(pod, policy, budgets).kind !== 'left');
    if (staying.length === 0) return { done: evictions.accepted };
    const candidates = staying.filter((pod) => pod.metadata.deletionTimestamp === undefined && drainFate(pod, policy, budgets).kind === 'evicted');
    await evictions.send(candidates, budgets);
    holdWhereOnlyMisconfigured(staying, evictions, input);
    return { waitingFor: progressOf(staying, budgets), recheckMs: RECHECK_MS };
  }

  function progressOf(staying: readonly Pod[], budgets: readonly DisruptionBudget[]): StepProgress {
    return drainProgress(staying, { evictions, policy, budgets, node: sources.node.items?.[0] ?? null, nowMs: performance.now() });
  }

  return watchUntil({
    activity,
    sources: [sources.pods, sources.budgets, sources.node],
    timeoutMs: policy.timeoutSeconds * 1000,
    check,
    onTimeout: (last, outage) => drainTimeout(input, last, outage),
  });
}

/** Deletes where a drain would ask for an eviction. */
function deletions(kube: Kube): Pick<Kube, 'evict'> {
  return {
    evict: async (pod, gracePeriodSeconds) => ({ kind: (await kube.deletePod(pod, gracePeriodSeconds)) === 'deleted' ? 'accepted' : 'gone' }),
  };
}

function refuseBeforeStart(pods: readonly Pod[], budgets: readonly DisruptionBudget[], input: DrainStepInput): void {
  const refusals = pods.flatMap((pod) => {
    const fate = drainFate(pod, input.drain, budgets);
    return fate.kind === 'refused' ? [refusalText(pod, fate, input.node.pool)] : [];
  });
  if (refusals.length === 0) return;
  throw stepError(
    'DrainTimeout',
    `Node ${input.node.name} was not drained, and nothing was evicted. In the way: ${shorten(refusals)}.`,
    `Move these pods to a node that stays, or start again with ${drainKey(input.node.pool)} saying what may be lost; then \`capstan retry ${input.node.name}\`.`,
  );
}

/** A pod under several budgets is never evicted: waiting for the timeout would only lose time. */
function holdWhereOnlyMisconfigured(staying: readonly Pod[], evictions: Evictions, input: DrainStepInput): void {
  const stuck = staying.filter((pod) => evictions.refusalOf(pod)?.answer.kind === 'several-budgets');
  if (stuck.length === 0 || stuck.length < staying.length) return;
  const names = stuck.map((pod) => `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`);
  throw stepError(
    'DrainTimeout',
    `Node ${input.node.name} is not drained: more than one PodDisruptionBudget selects ${shorten(names)}, and the API never evicts such a pod.`,
    `Leave one budget for each pod, then \`capstan retry ${input.node.name}\`.`,
  );
}

function drainTimeout(input: DrainStepInput, last: StepProgress, outage: string | null): Error {
  const left = (last.blockers ?? []).map((blocker) => `${blocker.pod}: ${blocker.reason}`);
  return stepError(
    'DrainTimeout',
    `Node ${input.node.name} was not drained in ${input.drain.timeoutSeconds} s. ${left.length === 0 ? last.message : `Left: ${shorten(left)}`}.${outage === null ? '' : ` ${outage}`}`,
    adviceOf(input),
  );
}

function adviceOf({ node: { name }, force, upgrade }: DrainStepInput): string {
  if (force === true) return `The pods were deleted and do not end: look at their finalizers and at the kubelet of ${name}, then \`capstan retry ${name}\`; or \`capstan skip ${name}\`.`;
  return `Make room for the budgets named here or move the pods, then \`capstan retry ${name}\`; or \`capstan skip ${name}\`; or, to delete these pods past their budgets, \`capstan force-drain ${name} --confirm ${upgrade.cluster}\`.`;
}

/** Failures travel through histories: a node may carry hundreds of pods. */
function shorten(texts: readonly string[]): string {
  const shown = texts.slice(0, 10).join('; ');
  return texts.length > 10 ? `${shown}; and ${texts.length - 10} more` : shown;
}
