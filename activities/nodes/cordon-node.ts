import { currentActivity } from '../activity-context.ts';
import { stepError } from '../step-error.ts';
import type { CordonInput, NodeStepInput, StepResult } from '../../workflows/domain/step.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver, watchUntil } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { takeLease, TEMPORAL } from '../lease/cluster-lease.ts';
import { CORDONED_BY, cordonMark, cordonOf } from './cordon-mark.ts';
import { plannedNode } from './planned-node.ts';
import { isControlPlane, isReady } from './ready.ts';
import { UNREADY_BEFORE, unreadyBefore, unreadyMark, unreadyNote, unreadyServices } from './unready-before.ts';

export interface NodeActivityOptions {
  readonly openKube: OpenKube;
  readonly now: Clock;
  /** How long a node waits until others are up. Default 5 minutes. */
  readonly gateTimeoutMs?: number;
  /** Identity of this worker's Temporal. Default: unknown. */
  readonly temporal?: string | null;
}

const GATE_TIMEOUT_MS = 5 * 60_000;

/**
 * Cordons a node and marks the cordon as ours, in one change. A person's cordon is left as it is.
 * Failures: GateTimeout where another control-plane node, or as many of the pool as may be down, stay down (contract 1), ClusterLocked where
 * another upgrade has the cluster by now, ClusterMoved where the node is not the planned one.
 */
export function createCordonNode(options: NodeActivityOptions): (input: CordonInput) => Promise<StepResult> {
  return async function cordonNode(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const { unready, ...outcome } = await ensureCordoned(activity, kube, input, options);
    return finish({ ...outcome, note: `${outcome.note}${unreadyNote(unready)}` });
  };
}

export interface Cordoned {
  readonly changed: boolean;
  readonly note: string;
  /** What was not Ready on the node before, and must not hold it afterwards. */
  readonly unready: readonly string[];
}

/**
 * Probe first: a node that is cordoned is only looked at, unless another upgrade left its mark on it. What is not Ready before is
 * written down in the same change; on a node that a person has cordoned, in a change of its own.
 */
export async function ensureCordoned(activity: Activity, kube: Kube, input: CordonInput, options: NodeActivityOptions): Promise<Cordoned> {
  const { upgrade, node: planned } = input;
  const { gateTimeoutMs = GATE_TIMEOUT_MS, temporal = null, now } = options;
  let gatePassed = false;
  for (;;) {
    const node = await rideOver(activity, () => plannedNode(kube, input));
    const cordon = cordonOf(node, upgrade);
    if (cordon === 'this-upgrade') return { changed: false, note: 'cordoned already', unready: unreadyBefore(node, upgrade) };
    if (cordon === 'person' && unreadyBefore(node, upgrade).length > 0) return { changed: false, note: PERSONS, unready: unreadyBefore(node, upgrade) };
    if (cordon === null && !gatePassed) {
      await waitForRoom(activity, kube, input, gateTimeoutMs);
      // Whatever has changed meanwhile makes the change below a conflict, and then the node is read again.
      gatePassed = true;
    }
    const unready = unreadyServices(await rideOver(activity, () => kube.listPods({ node: planned.name })), now());
    const unreadyAs = unreadyMark(upgrade, unready);
    if (cordon === 'person' && unreadyAs === null) return { changed: false, note: PERSONS, unready };
    // Somebody may have deleted the lock, and another upgrade have taken it.
    if (cordon !== 'person') await rideOver(activity, () => takeLease(kube, { upgrade, by: null, temporal, now }));
    const change = cordon === 'person'
      ? { annotations: { [UNREADY_BEFORE]: unreadyAs } }
      : { unschedulable: true, annotations: { [CORDONED_BY]: cordonMark(upgrade, planned.pool), [TEMPORAL]: temporal, ...unreadyChange(node, unreadyAs) } };
    const answer = await rideOver(activity, () => kube.changeNode(planned.name, { resourceVersion: node.metadata.resourceVersion, ...change }));
    if (answer !== 'changed') continue;
    if (cordon === 'person') return { changed: false, note: PERSONS, unready };
    return { changed: true, note: cordon === 'another-upgrade' ? 'took over the cordon of a former upgrade' : 'cordoned', unready };
  }
}

const PERSONS = 'cordoned by a person: stays so';

/** Nothing is said of an annotation that neither is there nor is to be. */
function unreadyChange(node: Node, mark: string | null): Readonly<Record<string, string | null>> {
  return mark === null && node.metadata.annotations?.[UNREADY_BEFORE] === undefined ? {} : { [UNREADY_BEFORE]: mark };
}

/** Contract 1 when the step runs: whatever was planned, the nodes that are down now decide. */
async function waitForRoom(activity: Activity, kube: Kube, input: CordonInput, timeoutMs: number): Promise<void> {
  const controlPlane = input.node.roles.includes('control-plane');
  // By label, as one may have joined since the plan was made, and by name, as one may have lost its label.
  const sources = controlPlane
    ? [kube.follow({ kind: 'control-plane-nodes' }), ...(input.controlPlane ?? []).filter((name) => name !== input.node.name).map((name) => kube.follow({ kind: 'node', name }))]
    : [kube.follow({ kind: 'cordoned-nodes' })];
  await watchUntil({
    activity,
    sources,
    timeoutMs,
    check: () => {
      const nodes = [...new Map(sources.flatMap(({ items }) => items ?? []).map((node) => [node.metadata.name, node])).values()];
      const down = controlPlane ? otherControlPlanesDown(nodes, input) : cordonedOfPool(nodes, input);
      return down.length < (controlPlane ? 1 : input.maxUnavailable) ? { done: true } : { waitingFor: { message: `waiting for ${down.join(', ')}` } };
    },
    onTimeout: (last, outage) =>
      stepError(
        'GateTimeout',
        `Node ${input.node.name} was not cordoned: ${last.message} for ${Math.round(timeoutMs / 1000)} s; ${controlPlane ? 'control-plane nodes go one at a time' : `at most ${input.maxUnavailable} of the pool ${input.node.pool} may be down at once`}.${outage === null ? '' : ` ${outage}`}`,
        `Bring the other node back, or give back what a former upgrade has left with \`capstan release\`; then \`capstan retry ${input.node.name}\`.`,
      ),
  });
}

function otherControlPlanesDown(nodes: readonly Node[], input: NodeStepInput): readonly string[] {
  const others = nodes.filter((node) => node.metadata.name !== input.node.name);
  return others.flatMap((node) => {
    if (!isReady(node)) return [`${node.metadata.name} (not Ready)`];
    const cordon = cordonOf(node, input.upgrade);
    return cordon === 'this-upgrade' || cordon === 'another-upgrade' ? [`${node.metadata.name} (cordoned by an upgrade)`] : [];
  });
}

/** Other workers that this upgrade has down in the pool, and all that others have down: nobody here knows how those cut their pools. */
function cordonedOfPool(nodes: readonly Node[], { node, upgrade }: CordonInput): readonly string[] {
  const own = cordonMark(upgrade, node.pool);
  return nodes.filter(({ metadata: { name } }) => name !== node.name).flatMap((other) => {
    const { name, annotations } = other.metadata;
    if (annotations?.[CORDONED_BY] === own) return [name];
    return cordonOf(other, upgrade) === 'another-upgrade' && !isControlPlane(other) ? [`${name} (cordoned by ${annotations?.[CORDONED_BY] ?? 'another upgrade'})`] : [];
  });
}
