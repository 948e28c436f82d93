import type { LeftBehind, LeftOnNode } from '../../workflows/domain/left-behind.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { plain, timeOf } from './text.ts';

/** What upgrades have left: a line a node, and below it the lock. */
export function leftTable({ nodes, lock }: LeftBehind, options: TableOptions): string {
  const rows = nodes.map((node) => [node.name, whatIsLeft(node), node.mark ?? '', node.version, node.ready ? 'Ready' : { text: 'NotReady', colour: 'yellow' as const }]);
  const parts = nodes.length === 0 ? [] : [table(['NODE', 'LEFT', 'BY', 'KUBELET', 'STATE'], rows, options)];
  if (lock !== null) {
    const since = lock.since === null ? '' : ` since ${timeOf(lock.since)}`;
    parts.push(`The cluster is locked by ${plain(lock.workflow ?? 'an unknown workflow')}${since}, started by ${plain(lock.startedBy ?? 'somebody')}.`);
  }
  return parts.join('\n\n');
}

function whatIsLeft({ mark, cordoned, tainted }: LeftOnNode): string {
  const left = [mark === null ? null : cordoned ? 'cordon' : 'mark', tainted ? 'taint' : null];
  return left.filter((each) => each !== null).join(', ');
}
