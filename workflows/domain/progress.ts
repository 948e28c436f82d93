import type { Failure } from './failure.ts';
import type { PlanWords } from './plan-words.ts';
import { shownLines } from './resume-report.ts';
import { NODE_STATES } from './state.ts';
import type { NodeStatus, UpgradeStatus } from './status.ts';

/** Temporal keeps at most 20 kB of current details. */
export const PROGRESS_BYTES = 20_000;

/** A message in the table is cut here; the whole is in `status`. */
const NOTE_CHARACTERS = 160;
/** No row is shorter; spares building thousands of rows that cannot fit. */
const LEAST_ROW_BYTES = 40;
/** What a yes covers: lines, and characters of one. The rest is in `status`. */
const MOST_WORDS = 12;
const LONGEST_WORDS = 400;
const TABLE_HEAD = '| Node | Roles | Pool | State | Step | Since | Version | Note |\n| --- | --- | --- | --- | --- | --- | --- | --- |';

/**
 * The upgrade as Markdown for the Web UI, at most `PROGRESS_BYTES` in UTF-8: a line about the whole and the table of
 * all nodes. Where that is too long: a count by state and only the nodes in flight or held, as many as fit.
 */
export function progressTable(status: UpgradeStatus): string {
  const head = headOf(status);
  if (status.nodes.length * LEAST_ROW_BYTES > PROGRESS_BYTES) return summary(head, status.nodes);
  const whole = [head, table(status.nodes.map(row))].join('\n\n');
  if (byteLength(whole) <= PROGRESS_BYTES) return whole;
  return summary(head, status.nodes);
}

function headOf(status: UpgradeStatus): string {
  const lines = [`**${text(status.cluster)}** ${text(status.from)} → ${text(status.to)}: **${status.state}**, phase ${status.phase}`];
  if (status.pause !== null) {
    const reason = status.pause.reason === '' ? '' : ` (${cell(status.pause.reason)})`;
    lines.push(`Paused by ${cell(status.pause.by)} at ${time(status.pause.at)}${reason}.`);
  }
  if (status.resumed !== undefined && status.resumed.changes.lines.length > 0) lines.push(`Changed while paused: ${shownLines(status.resumed.changes).map(cell).join('; ')}.`);
  if (status.pause !== null && status.resumed !== undefined && status.resumed.problem !== null) lines.push(`Stays paused: ${failureText(status.resumed.problem)}`);
  if (status.approval !== undefined) lines.push(`Waits for approval of plan ${text(status.approval.planHash)}: ${cell(status.approval.reason)}.`);
  if (status.executes !== undefined) lines.push(wordLines(status.executes));
  if (status.cancel !== null) {
    const reason = status.cancel.reason === '' ? '' : ` (${cell(status.cancel.reason)})`;
    lines.push(`Cancelled by ${cell(status.cancel.by)} at ${time(status.cancel.at)}${reason}.`);
  }
  if (status.failure !== null) lines.push(failureText(status.failure));
  return lines.join('\n\n');
}

/** What a yes covers is never cut short by its length, as a digest at its end would be: only by the number of lines. */
function wordLines(words: PlanWords): string {
  const shown = words.slice(0, MOST_WORDS).map(([topic, line]) => `${text(topic)}: ${text(line.slice(0, LONGEST_WORDS))}`);
  const left = words.length - shown.length;
  return [...shown, ...(left === 0 ? [] : [`and ${left} more: see \`capstan status\``])].join('  \n');
}

function summary(head: string, nodes: readonly NodeStatus[]): string {
  const counts = NODE_STATES
    .map((state) => ({ state, count: nodes.filter((node) => node.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `| ${state} | ${count} |`);
  const states = ['| State | Nodes |\n| --- | --- |', ...counts].join('\n');
  const rows = nodes.filter(isHeld).concat(nodes.filter(isInFlight)).map(row);
  const begin = `${head}\n\n${states}`;
  // Room for the last line.
  const fitting = rowsThatFit(rows, PROGRESS_BYTES - byteLength(begin) - byteLength(TABLE_HEAD) - 100);
  if (fitting.length === 0) return begin;
  const left = rows.length - fitting.length;
  const more = left === 0 ? '' : `\n\n${left} more in flight or held: see \`capstan status\`.`;
  return `${begin}\n\n${table(fitting)}${more}`;
}

function rowsThatFit(rows: readonly string[], room: number): readonly string[] {
  let used = 0;
  for (const [index, line] of rows.entries()) {
    used += byteLength(line) + 1;
    if (used > room) return rows.slice(0, index);
  }
  return rows;
}

function isHeld(node: NodeStatus): boolean {
  return node.state === 'held';
}

function isInFlight(node: NodeStatus): boolean {
  return node.state !== 'held' && node.state !== 'pending' && node.state !== 'done' && node.state !== 'skipped' && node.state !== 'rolled-back';
}

function table(rows: readonly string[]): string {
  return [TABLE_HEAD, ...rows].join('\n');
}

function row(node: NodeStatus): string {
  const cells = [
    cell(node.name), node.roles.join(', '), cell(node.pool ?? ''), node.state, node.step ?? '',
    node.since === null ? '' : time(node.since), versionOf(node), node.failure === null ? node.note ?? '' : failureText(node.failure),
  ];
  return `| ${cells.join(' | ')} |`;
}

function versionOf({ state, from, to }: NodeStatus): string {
  if (state === 'rolled-back') return cell(from);
  return state === 'done' || from === to ? cell(to) : `${cell(from)} → ${cell(to)}`;
}

function failureText({ type, message }: Failure): string {
  return `${type}: ${cell(message)}`;
}

/** `04:15:48` of an ISO time, in UTC as histories are. */
function time(iso: string): string {
  return /T(\d{2}:\d{2}:\d{2})/.exec(iso)?.[1] ?? cell(iso);
}

function cell(value: string): string {
  return text(value.length > NOTE_CHARACTERS ? `${value.slice(0, NOTE_CHARACTERS - 1)}…` : value);
}

/** Names and messages come from hosts and people: what Markdown or HTML would act on is shown as it is. */
function text(value: string): string {
  return value.replaceAll(/\s+/g, ' ').trim().replaceAll(/[\\|`*_<>[\]~&]/g, (character) => `\\${character}`);
}

/** Length in UTF-8 without an encoder, which the workflow's sandbox need not have. */
function byteLength(value: string): number {
  let length = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (code < 0x10000) length += 3;
    else length += 4;
  }
  return length;
}
