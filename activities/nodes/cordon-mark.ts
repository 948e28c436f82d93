import type { UpgradeRef } from '../../workflows/domain/step.ts';
import type { Node } from '../kubernetes/objects.ts';

/** Annotation that makes a cordon ours. A cordon without it is a person's, and stays. */
export const CORDONED_BY = 'capstan.dev/cordoned-by';
/** Prefix of every label, annotation and taint of ours. */
export const OWN_PREFIX = 'capstan.dev/';

/** Value of the annotation: which upgrade of which workflow, and for a worker in whose pool's window it stands. */
export function cordonMark(upgrade: UpgradeRef, pool: string | null): string {
  const own = `${upgrade.workflowId}#${upgrade.id}`;
  return pool === null ? own : `${own}/${pool}`;
}

/** Whether the annotation's value is this upgrade's, in whatever pool. */
export function isMarkOf(mark: string | undefined, upgrade: UpgradeRef): boolean {
  const own = cordonMark(upgrade, null);
  return mark !== undefined && (mark === own || mark.startsWith(`${own}/`));
}

/** Who cordoned the node; null where it is schedulable. */
export function cordonOf(node: Node, upgrade: UpgradeRef): 'this-upgrade' | 'another-upgrade' | 'person' | null {
  if (node.spec.unschedulable !== true) return null;
  const mark = node.metadata.annotations?.[CORDONED_BY];
  if (mark === undefined) return 'person';
  return isMarkOf(mark, upgrade) ? 'this-upgrade' : 'another-upgrade';
}
