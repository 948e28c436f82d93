import { MOST_DECISIONS } from '../../workflows/domain/decision.ts';
import type { Decision } from '../../workflows/domain/decision.ts';
import { plain, timeOf } from './text.ts';

/** Who decided what, when and why, newest last; `most` of them. */
export function decisionLines(decisions: readonly Decision[], most = MOST_DECISIONS): readonly string[] {
  const shown = decisions.slice(-most);
  const left = decisions.length - shown.length;
  return [`Decisions${left === 0 ? '' : ` (the last ${most}; ${left} before them in \`capstan report\`)`}:`, ...shown.map(line)];
}

function line({ at, kind, node, by, reason, detail, refusal }: Decision): string {
  const what = [kind, node ?? '', detail].filter((part) => part !== '').join(' ');
  const why = reason === '' ? '' : `: ${reason}`;
  return plain(`  ${timeOf(at)}  ${by}  ${what}${why}${refusal === null ? '' : `  refused: ${refusal}`}`).replaceAll('\n', ' ');
}
