import { currentActivity } from '../activity-context.ts';
import { stepError } from '../step-error.ts';
import type { NodeStepInput, StepResult } from '../../workflows/domain/step.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver, watchUntil } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { CORDONED_BY, cordonMark, cordonOf } from './cordon-mark.ts';
import { isReady } from './ready.ts';

export interface NodeActivityOptions {
  readonly openKube: OpenKube;
  readonly now: Clock;
  /** How long a control-plane node waits for the others to be up. Default 5 minutes. */
  readonly gateTimeoutMs?: number;
}

const GATE_TIMEOUT_MS = 5 * 60_000;

/**
 * Cordons a node and marks the cordon as ours, in one change. A person's cordon is left as it is.
 * Failures: GateTimeout where another control-plane node stays down (contract 1), ClusterMoved where the node is not the planned one.
 */
export function createCordonNode(options: NodeActivityOptions): (input: NodeStepInput) => Promise<StepResult> {
  return async function cordonNode(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const outcome = await ensureCordoned(activity, kube, input, options.gateTimeoutMs ?? GATE_TIMEOUT_MS);
    return finish(outcome);
  };
}

/** Probe first: a node that is cordoned is only looked at, unless another upgrade left its mark on it. */
export async function ensureCordoned(activity: Activity, kube: Kube, input: NodeStepInput, gateTimeoutMs: number): Promise<{ readonly changed: boolean; readonly note: string }> {
  const { upgrade, node: planned } = input;
  let gatePassed = false;
  for (;;) {
    const node = await rideOver(activity, () => plannedNode(kube, input));
    const cordon = cordonOf(node, upgrade);
    if (cordon === 'this-upgrade') return { changed: false, note: 'cordoned already' };
    if (cordon === 'person') return { changed: false, note: 'cordoned by a person: stays so' };
    if (cordon === null && planned.roles.includes('control-plane') && !gatePassed) {
      await waitForOtherControlPlanes(activity, kube, input, gateTimeoutMs);
      gatePassed = true;
      continue;
    }
    const change = { resourceVersion: node.metadata.resourceVersion, unschedulable: true, annotations: { [CORDONED_BY]: cordonMark(upgrade) } };
    const answer = await rideOver(activity, () => kube.changeNode(planned.name, change));
    if (answer === 'changed') return { changed: true, note: cordon === 'another-upgrade' ? 'took over the cordon of a former upgrade' : 'cordoned' };
  }
}

/** The node as it is now. Failure ClusterMoved where it is absent or another one under the same name. */
export async function plannedNode(kube: Kube, input: NodeStepInput): Promise<Node> {
  const { node: planned, upgrade } = input;
  const node = await kube.getNode(planned.name);
  if (node !== null && node.metadata.uid === planned.uid) return node;
  const found = node === null ? 'is not in the cluster any more' : 'was deleted and registered anew since the plan was made';
  throw stepError('ClusterMoved', `Node ${planned.name} of cluster ${upgrade.cluster} ${found}.`, `Look at \`kubectl get node ${planned.name}\`; then make a new plan with \`capstan plan\`.`);
}

async function waitForOtherControlPlanes(activity: Activity, kube: Kube, input: NodeStepInput, timeoutMs: number): Promise<void> {
  const nodes = kube.follow({ kind: 'control-plane-nodes' });
  await watchUntil({
    activity,
    sources: [nodes],
    timeoutMs,
    check: () => {
      const down = otherControlPlanesDown(nodes.items ?? [], input);
      return down.length === 0 ? { done: true } : { waitingFor: { message: `waiting for ${down.join(', ')}` } };
    },
    onTimeout: (last, outage) =>
      stepError(
        'GateTimeout',
        `Control-plane node ${input.node.name} was not cordoned: ${last.message} for ${Math.round(timeoutMs / 1000)} s; control-plane nodes go one at a time.${outage === null ? '' : ` ${outage}`}`,
        `Bring the other node back, then \`capstan retry ${input.node.name}\`.`,
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
