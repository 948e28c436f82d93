import type { UpgradeRef } from '../../workflows/domain/step.ts';
import type { Node } from '../kubernetes/objects.ts';

/** Annotation that makes a cordon ours. A cordon without it is a person's, and stays. */
export const CORDONED_BY = 'capstan.dev/cordoned-by';
/** Prefix of every label, annotation and taint of ours. */
export const OWN_PREFIX = 'capstan.dev/';

/** Value of the annotation: which upgrade of which workflow. */
export function cordonMark(upgrade: UpgradeRef): string {
  return `${upgrade.workflowId}#${upgrade.id}`;
}

/** Who cordoned the node; null where it is schedulable. */
export function cordonOf(node: Node, upgrade: UpgradeRef): 'this-upgrade' | 'another-upgrade' | 'person' | null {
  if (node.spec.unschedulable !== true) return null;
  const mark = node.metadata.annotations?.[CORDONED_BY];
  if (mark === undefined) return 'person';
  return mark === cordonMark(upgrade) ? 'this-upgrade' : 'another-upgrade';
}
