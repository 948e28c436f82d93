import type { Node, Taint } from '../kubernetes/objects.ts';

/**
 * On workers that are still to be upgraded: pods evicted from another node rather go to finished ones, and move once.
 * It is soft: where there is no room elsewhere, the scheduler takes these nodes too.
 */
export const PENDING_TAINT: Taint = { key: 'capstan.dev/pending-upgrade', effect: 'PreferNoSchedule' };

export function isTainted(node: Node): boolean {
  return (node.spec.taints ?? []).some(isOwn);
}

/** The node's taints with ours. */
export function withTaint(node: Node): readonly Taint[] {
  return [...withoutTaint(node), PENDING_TAINT];
}

/** The node's taints without ours. */
export function withoutTaint(node: Node): readonly Taint[] {
  return (node.spec.taints ?? []).filter((taint) => !isOwn(taint));
}

function isOwn({ key }: Taint): boolean {
  return key === PENDING_TAINT.key;
}
