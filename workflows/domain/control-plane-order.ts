import { compareNames } from './order.ts';
import type { NodeObservation } from './observation.ts';
import type { UpgradePlan } from './plan.ts';

/**
 * Planned order of the control plane: nodes whose static pods are at the target already come first, because what was
 * begun is finished before another node is touched; then by name. Who leads etcd comes after that, by `leaderLast`.
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
 * The order in which `nextControlPlaneNode` would choose them all if leadership stayed where it is. Contract 2 is kept when a step
 * runs: this is what people are shown.
 */
export function leaderLast<T extends { readonly name: string }>(ordered: readonly T[], leader: string | null): readonly T[] {
  return [...ordered.filter(({ name }) => name !== leader), ...ordered.filter(({ name }) => name === leader)];
}

/** True where leadership of etcd, which may move, decides who comes first and last. */
export function isOrderedAtRunTime({ etcd, phases }: Pick<UpgradePlan, 'etcd' | 'phases'>): boolean {
  return etcd.kind === 'stacked' && etcd.members > 1 && phases.some(({ phase, groups }) => phase === 'control-plane' && groups.flat().length > 1);
}
