import type { Twin } from '../../../simulator/twin.ts';
import { RESTORE_STEPS, stepOf } from '../catalogue/moments.ts';
import type { Step } from '../catalogue/moments.ts';
import { isCordoned, isReady, kubeletVersionOf } from '../objects.ts';
import type { Deal } from './deal.ts';
import type { PlacedWord, Word } from './words.ts';

/** What the person of a seed waits for, so that a word keeps none of the seed's own points from happening. */
export interface Patience {
  /** True as long as a point of the node, or with null any, has not happened that happens without a word. */
  isAwaited(node: string | null): boolean;
  mayBeSaid(word: PlacedWord): boolean;
}

const GIVES_UP: readonly Word[] = ['cancel', 'skip', 'rollback', 'rollback --scope workers', 'rollback --scope cluster'];
/** Steps that come with such a word. */
const AFTER_WORD: readonly Step[] = ['rollbackNode', ...RESTORE_STEPS];

/** @param hits Names of the points that have happened so far. */
export function openPatience({ own }: Pick<Deal, 'own'>, twin: Twin, hits: readonly string[]): Patience {
  const isAwaited = (node: string | null): boolean => own.some((placed) => (node === null || placed.node === node) && !AFTER_WORD.includes(stepOf(placed.point.moment)) && !hits.includes(placed.point.name));
  return {
    isAwaited,
    mayBeSaid: ({ word, node }) => {
      // The upgrade is paused by then, and nothing more happens in it.
      if (word === 'rollback --scope cluster' && node !== null) return isUpgraded(twin, node);
      return !GIVES_UP.includes(word) || !isAwaited(node);
    },
  };
}

/** At the target, and given back. */
function isUpgraded({ model: { store }, description }: Twin, name: string): boolean {
  const node = store.get('nodes', null, name);
  return node !== null && kubeletVersionOf(node) === description.target && isReady(node) && !isCordoned(node);
}
