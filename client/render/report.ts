import type { ReportedStep, UpgradeReport } from '../../workflows/domain/status.ts';
import { decisionLines } from './decisions.ts';
import { wordLines } from './plan-words.ts';
import { resumedLines } from './resumed.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { elapsed, paint, plain, timeOf } from './text.ts';

/** The rest is in `-o json`. */
const MOST_LEFT_OUT = 20;

/** Times of every step, of the cluster's own steps first, and how much of the wall clock was the engine's. */
export function reportTable(report: UpgradeReport, isWide: boolean, options: TableOptions): string {
  const rows = [
    ...report.steps.map((step) => row('', step, isWide)),
    ...report.nodes.flatMap(({ name, steps }) => steps.map((step) => row(name, step, isWide))),
  ];
  const head = ['NODE', 'STEP', 'STARTED', 'SECONDS', ...(isWide ? ['BUSY'] : []), 'ATTEMPTS', 'NOTE'];
  return [
    `${paint(plain(report.cluster), 'bold', options.colour)}  ${report.from} → ${report.to}  ${report.state}, started ${timeOf(report.startedAt)} by ${plain(report.startedBy)}`,
    '',
    table(head, rows, options),
    '',
    `Wall clock ${elapsed(report.wallSeconds * 1000)}, of which the engine's own ${report.overheadSeconds.toFixed(1)} s (${share(report)})`,
    ...(report.snapshot === null ? [] : [`etcd snapshot of ${report.snapshot.node}, taken ${timeOf(report.snapshot.takenAt)}: ${plain(report.snapshot.file)} (SHA-256 ${report.snapshot.sha256})`]),
    ...(report.backup === undefined ? [] : [plain(`etcd is external; its backup by ${report.backup.by}, taken ${timeOf(report.backup.takenAt)}: ${report.backup.where}`)]),
    ...report.findings.filter(({ check }) => check === 'rolled-back').map(({ message }) => plain(message)),
    ...(report.ignored === undefined ? [] : wordLines(report.ignored)),
    ...leftOutLines(report),
    ...resumedLines(report),
    ...(report.decisions.length === 0 ? [] : ['', ...decisionLines(report.decisions)]),
    ...(report.failure === null ? [] : ['', plain(`${report.failure.type}: ${report.failure.message}`), ...(report.failure.next === undefined ? [] : [`  Next: ${plain(report.failure.next)}`])]),
  ].join('\n');
}

/** Workers that were away are still to be done; of the others a line tells how many there are, where they are many. */
function leftOutLines({ leftOut = [] }: UpgradeReport): readonly string[] {
  const shown = leftOut.slice(0, MOST_LEFT_OUT).map(({ name, kind, reason }) => plain(`${name} was left out: ${kind === 'excluded' ? `by ${reason}` : reason}${kind === 'unready' ? '; it is still to be upgraded' : ''}`));
  return leftOut.length > shown.length ? [...shown, `${leftOut.length - shown.length} more nodes were left out`] : shown;
}

function row(node: string, step: ReportedStep, isWide: boolean): readonly string[] {
  return [
    node, step.step, timeOf(step.startedAt), step.seconds.toFixed(1), ...(isWide ? [step.busySeconds.toFixed(1)] : []),
    String(step.attempts), step.note,
  ];
}

function share({ overheadSeconds, wallSeconds }: UpgradeReport): string {
  return wallSeconds === 0 ? '0 %' : `${((overheadSeconds / wallSeconds) * 100).toFixed(1)} %`;
}
