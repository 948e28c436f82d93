import { shownLines } from '../../workflows/domain/resume-report.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import { plain, timeOf } from './text.ts';

type Shown = Pick<UpgradeStatus, 'resumed'>;

/** What changed while the upgrade was paused, as the last resume found it. */
export function resumedLines({ resumed }: Shown): readonly string[] {
  if (resumed === undefined || resumed.changes.lines.length === 0) return [];
  return [`Changed while it was paused, as read at ${timeOf(resumed.at)} for ${plain(resumed.by)}:`, ...shownLines(resumed.changes).map((line) => `  ${plain(line)}`)];
}

/** Why it stays paused after a resume, with the next command; nothing where it does not. */
export function problemLines({ resumed, pause, approval }: Pick<UpgradeStatus, 'resumed' | 'pause' | 'approval'>, cluster: string): readonly string[] {
  if (pause === null || approval !== undefined) return [];
  const problem = resumed?.problem ?? null;
  if (problem === null) return [`The upgrade of ${plain(cluster)} is paused. Go on with: capstan resume --cluster ${plain(cluster)}`];
  return [`Stays paused: ${plain(`${problem.type}: ${problem.message}`)}`, ...(problem.next === undefined ? [] : [`  Next: ${plain(problem.next)}`])];
}

/** The plan that waits for a yes, and how to give it. */
export function approvalLines({ reason, growth, planHash, kind }: NonNullable<UpgradeStatus['approval']>, cluster: string): readonly string[] {
  const name = plain(cluster);
  const without = kind === 'start' ? '' : `, or without what is new: capstan resume --ignore-new --cluster ${name}`;
  return [
    kind === 'start' ? 'The plan waits for approval; nothing was changed yet.' : `Waits for approval: ${plain(reason)}`,
    ...shownLines(growth).map((line) => `  ${plain(line)}`),
    `  Plan ${plain(planHash)}`,
    `  Go on with: capstan approve --cluster ${name}${without}`,
  ];
}
