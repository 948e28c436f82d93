import { compareNames } from './order.ts';
import type { NodeObservation } from './observation.ts';
import type { PlannedNode } from './plan.ts';

/**
 * Planned order of the control plane: nodes whose static pods are at the target already come first, because what was
 * begun is finished before another node is touched; then by name. Who leads etcd is left out on purpose: leadership
 * may move at any moment, and the hash of an approved plan must not move with it. Contract 2 is kept when a step
 * runs, by `nextControlPlaneNode`.
 */
export function orderControlPlane(nodes: readonly NodeObservation[], isAtTarget: (node: NodeObservation) => boolean): NodeObservation[] {
  return nodes.toSorted((left, right) => Number(isAtTarget(right)) - Number(isAtTarget(left)) || compareNames(left.name, right.name));
}

/**
 * The control-plane node to upgrade next: followers in plan order, the node whose etcd member leads last (contract 2).
 * Null where none is pending.
 *
 * @param pending Names not yet upgraded, in plan order.
 * @param leader Node whose etcd member leads now; null where etcd is external or has no leader.
 */
export function nextControlPlaneNode(pending: readonly string[], leader: string | null): string | null {
  return pending.find((name) => name !== leader) ?? pending[0] ?? null;
}

/**
 * The nodes with the role of `kubeadm upgrade apply` handed to `name`, for when leadership put another node in
 * front than the plan did. Nothing changes where no node has that role, because apply is done already.
 */
export function markFirst(nodes: readonly PlannedNode[], name: string): readonly PlannedNode[] {
  if (!nodes.some((node) => node.first)) return nodes;
  return nodes.map((node) => (node.first === (node.name === name) ? node : { ...node, first: node.name === name }));
}
