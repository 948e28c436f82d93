import type { BlockedDrain, RehearsalReport, RehearsedNode } from '../../simulator/rehearse/main.ts';
import { table } from './table.ts';
import type { Cell, TableOptions } from './table.ts';
import { count, elapsed, firstLine, paint, plain } from './text.ts';

/** Rows of a list that `-o wide` shows whole. */
const ROWS = 40;
const CHART = 40;

/** What would happen: first what would stop it, then the timeline, then everything that would be felt. */
export function rehearsalText(report: RehearsalReport, isWide: boolean, options: TableOptions): string {
  const sections = [
    heading(report, options.colour), held(report, options), timeline(report, isWide, options), drains(report, isWide, options),
    pending(report, isWide, options), figures(report, isWide), ...report.notes.map((note) => `Note: ${plain(note)}`),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function heading(report: RehearsalReport, colour: boolean): string {
  const { finish, stagedSeconds, runs, seed } = report;
  const source = report.source === 'dump' ? 'the dump' : 'the cluster as it is now';
  return [
    `${paint(plain(report.cluster), 'bold', colour)}  ${report.from} → ${report.to}, rehearsed ${count(runs, 'time')} on a twin of ${source} (seed ${seed})`,
    `Done after ${time(finish.p50Seconds)} (p50) or ${time(finish.p90Seconds)} (p90); the first change after ${time(stagedSeconds)}`,
  ].join('\n');
}

/** A `-` in the place of what no budget causes. */
function held({ held: drains, runs }: RehearsalReport, { colour }: TableOptions): string {
  if (drains.length === 0) return '';
  const lines = drains.slice(0, ROWS).map((drain) => {
    const cause = drain.budget === null ? firstLine(drain.reason) : `the budget ${plain(drain.budget)} lets no more of ${names(drain.workloads)} go: ${firstLine(drain.reason)}`;
    return `  ${paint(plain(drain.node), 'red', colour)}: ${cause}${drain.runs < runs ? ` (in ${drain.runs} of ${count(runs, 'run')})` : ''}`;
  });
  return [paint(`Would be held: ${count(new Set(drains.map(({ node }) => node)).size, 'drain')} would not end`, 'red', colour), ...lines, ...more(drains.length)].join('\n');
}

function timeline({ nodes }: RehearsalReport, isWide: boolean, options: TableOptions): string {
  const shown = isWide ? nodes : nodes.slice(0, ROWS);
  const end = Math.max(1, ...nodes.map((node) => node.endSeconds));
  const head = ['NODE', ...(isWide ? ['POOL', 'ZONE'] : []), 'START', 'END', 'P90', 'DOWN', 'DRAIN', `0 … ${time(end)}`];
  const rows = shown.map((node): readonly Cell[] => [
    node.name, ...(isWide ? [node.pool ?? '', node.zone ?? ''] : []), time(node.startSeconds), time(node.endSeconds), time(node.endP90Seconds), time(node.downSeconds), time(node.drainSeconds),
    { text: bar(node, end), colour: node.heldRuns > 0 ? 'red' : 'cyan' },
  ]);
  return [table(head, rows, options), ...(isWide ? [] : more(nodes.length))].join('\n');
}

/** Where the node is down the bar is full; before, while kubeadm runs, it is light. */
function bar({ startSeconds, endSeconds, downSeconds }: RehearsedNode, end: number): string {
  const place = (seconds: number): number => Math.round((Math.min(seconds, end) / end) * CHART);
  const from = Math.min(CHART - 1, place(startSeconds));
  const to = Math.max(from + 1, place(endSeconds));
  const down = Math.min(to - from, Math.max(1, to - place(endSeconds - downSeconds)));
  return ' '.repeat(from) + '░'.repeat(to - from - down) + '█'.repeat(down);
}

function drains({ drains: waiting }: RehearsalReport, isWide: boolean, options: TableOptions): string {
  if (waiting.length === 0) return '';
  const shown = isWide ? waiting : waiting.slice(0, ROWS);
  const rows = shown.map((drain: BlockedDrain) => [drain.node, drain.budget ?? '', time(drain.p50Seconds), time(drain.worstSeconds), String(drain.runs), names(drain.workloads)]);
  return [title('Drains that wait for a budget and go on', options), table(['NODE', 'BUDGET', 'WAITS', 'WORST', 'RUNS', 'PODS OF'], rows, options), ...(isWide ? [] : more(waiting.length))].join('\n');
}

function pending({ pending: pods }: RehearsalReport, isWide: boolean, options: TableOptions): string {
  if (pods.length === 0) return '';
  const shown = isWide ? pods : pods.slice(0, ROWS);
  const rows = shown.map((entry) => [
    entry.workload, String(entry.pods), entry.worstSeconds === null ? 'for good' : time(entry.worstSeconds), String(entry.runs), `${entry.before ? 'already now; ' : ''}${firstLine(entry.reason)}`,
  ]);
  return [title('Pods with nowhere to go', options), table(['PODS OF', 'MOST', 'WAITS', 'RUNS', 'WHY'], rows, options), ...(isWide ? [] : more(pods.length))].join('\n');
}

function figures({ evictions, unavailable }: RehearsalReport, isWide: boolean): string {
  const { pods, perPod, worst } = evictions;
  const nodes = unavailable.nodes.map(({ pool, zone, most }) => `${plain(pool)}${zone === null ? '' : ` in ${plain(zone)}`} ${most}`).join(', ');
  const replicas = (isWide ? unavailable.replicas : unavailable.replicas.slice(0, 10)).map(({ workload, replicas: all, most }) => `${plain(workload)} ${most} of ${all}`);
  const left = unavailable.replicas.length - replicas.length;
  return [
    `Evictions: ${perPod.toFixed(2)} per pod (${count(pods, 'pod')})${worst === null ? '' : `; at worst ${count(worst.times, 'time')}, a pod of ${plain(worst.workload)}`}`,
    `Most nodes down at once: ${nodes === '' ? 'none' : nodes}`,
    `Most replicas unavailable: ${replicas.length === 0 ? 'none' : replicas.join(', ')}${left > 0 ? ` and ${count(left, 'workload')} more` : ''}`,
  ].join('\n');
}

function title(text: string, { colour }: TableOptions): string {
  return paint(text, 'bold', colour);
}

function more(total: number): readonly string[] {
  return total > ROWS ? [`… and ${total - ROWS} more; -o wide or -o json has all`] : [];
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 3).map(plain).join(', ');
  return list.length > 3 ? `${shown} and ${list.length - 3} more` : shown;
}

function time(seconds: number): string {
  return elapsed(seconds * 1000);
}
