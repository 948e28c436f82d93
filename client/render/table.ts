import { paint, plain } from './text.ts';
import type { Colour } from './text.ts';

/** Text of a cell, or text with a colour. */
export type Cell = string | { readonly text: string; readonly colour: Colour | null };

export interface TableOptions {
  readonly colour: boolean;
  /** Lines are cut here; null cuts none. */
  readonly columns: number | null;
}

const GAP = '   ';

/** Columns of equal width without borders; the last one is as long as its text, or cut at the terminal's edge. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], { colour, columns }: TableOptions): string {
  const cells = rows.map((row) => row.map(normalise));
  const widths = head.map((title, index) => Math.max(title.length, ...cells.map((row) => lengthOf(row[index]?.text ?? ''))));
  const bold = head.map((text) => ({ text, colour: 'bold' as const }));
  return [bold, ...cells].map((row) => line(row, widths, colour, columns)).join('\n');
}

function line(row: readonly { readonly text: string; readonly colour: Colour | null }[], widths: readonly number[], colour: boolean, columns: number | null): string {
  let room = columns ?? Number.POSITIVE_INFINITY;
  let built = '';
  const lastFilled = row.findLastIndex(({ text }) => text !== '');
  for (const [index, cell] of row.slice(0, lastFilled + 1).entries()) {
    const text = cut(cell.text, room);
    const padding = index === lastFilled ? '' : ' '.repeat(Math.max(0, (widths[index] ?? 0) - lengthOf(text))) + GAP;
    built += paint(text, cell.colour, colour) + (room === Number.POSITIVE_INFINITY ? padding : padding.slice(0, Math.max(0, room - lengthOf(text))));
    room -= lengthOf(text) + padding.length;
    if (room <= 0) break;
  }
  return built;
}

/** A text of at most `room` characters; the cut is shown. */
export function cut(text: string, room: number): string {
  if (lengthOf(text) <= room) return text;
  return room <= 1 ? '' : `${[...text].slice(0, room - 1).join('')}…`;
}

function normalise(cell: Cell): { readonly text: string; readonly colour: Colour | null } {
  const { text, colour } = typeof cell === 'string' ? { text: cell, colour: null } : cell;
  return { text: plain(text).replaceAll('\n', ' '), colour };
}

function lengthOf(text: string): number {
  return [...text].length;
}
