import { compareNames } from './order.ts';
import type { NodeObservation } from './observation.ts';

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
