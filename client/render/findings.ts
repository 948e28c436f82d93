import { SEVERITIES } from '../../workflows/domain/check.ts';
import type { Finding, Severity } from '../../workflows/domain/check.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { paint, plain } from './text.ts';
import type { Colour } from './text.ts';

const COLOUR_OF = { block: 'red', warn: 'yellow', info: 'green' } as const satisfies Record<Severity, Colour>;
const WORD_OF = { block: 'blocks', warn: 'warns', info: 'ok' } as const satisfies Record<Severity, string>;

/** Findings as a table, what blocks first, and below it what to do about each that is not well. */
export function findingsTable(findings: readonly Finding[], options: TableOptions): string {
  const sorted = bySeverity(findings);
  const rows = sorted.map((finding) => [
    { text: WORD_OF[finding.severity], colour: COLOUR_OF[finding.severity] }, finding.check, finding.node ?? '', finding.message,
  ]);
  const next = sorted
    .filter((finding) => finding.severity !== 'info')
    .map((finding) => todo(finding, options.colour));
  return [table(['RESULT', 'CHECK', 'NODE', 'FOUND'], rows, options), ...(next.length === 0 ? [] : ['', ...next])].join('\n');
}

function todo(finding: Finding, isColoured: boolean): string {
  const where = finding.node === null ? '' : `${finding.node}: `;
  const head = `${paint(finding.check, COLOUR_OF[finding.severity], isColoured)}: ${plain(`${where}${finding.message}`)}`;
  return finding.next === null ? head : `${head}\n  Next: ${plain(finding.next)}`;
}

function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

/** 3 where a finding blocks, 2 where one warns, else 0. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ severity }) => severity === 'block')) return EXIT.blocked;
  return findings.some(({ severity }) => severity === 'warn') ? EXIT.attention : EXIT.ok;
}
