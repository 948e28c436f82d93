import { CancellationScope, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { ClusterRunner } from './cluster-run.ts';
import { drainPolicy } from './domain/drain-policy.ts';
import type { PlannedNode } from './domain/plan.ts';
import { drainNow, poolWidth } from './domain/pool-policy.ts';
import type { DrainSpec } from './domain/spec.ts';
import { nodePolicySignal, nodeWorkflowId } from './messages.ts';
import type { NodePolicyMessage } from './messages.ts';

type NodeSignal = 'pause' | 'resume' | 'skipNode' | 'forceDrain';

/** Passes a message on to nodes in flight. A node that ends meanwhile needs it no more, and one that is being started gets it then. */
export function forward(run: ClusterRunner, signal: NodeSignal, nodes: readonly string[]): void {
  for (const node of nodes) send(run, node, signal, { node });
}

/** Tells nodes in flight what holds for them now. */
export function forwardPolicy(run: ClusterRunner, nodes: readonly string[]): void {
  for (const node of nodes) {
    const planned = run.planned(node);
    const message: NodePolicyMessage = { maxUnavailable: windowOf(run, planned), drainTimeoutSeconds: drainOf(run, planned).timeoutSeconds };
    send(run, node, nodePolicySignal.name, message);
  }
}

/** Nodes of this node's pool that may be down at once now. */
export function windowOf({ state }: ClusterRunner, node: PlannedNode): number {
  return poolWidth(state.control.policy, state.plan, node.pool);
}

/** How this node is drained now. */
export function drainOf({ state, spec }: ClusterRunner, node: PlannedNode): DrainSpec {
  return drainNow(state.control.policy, node.pool, drainPolicy(spec, node));
}

function send(run: ClusterRunner, node: string, signal: string, message: object): void {
  const handle = getExternalWorkflowHandle(nodeWorkflowId(run.spec.name, node));
  void run.work(() => CancellationScope.nonCancellable(() => handle.signal(signal, message))).catch((error: unknown) => {
    log.info('message not passed on', { signal, node, cause: String(error) });
  });
}
