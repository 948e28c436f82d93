import type { Terminal } from '../terminal.ts';
import { cut } from './table.ts';
import { plain } from './text.ts';

/** A part of the terminal that is drawn again and again in place. */
export interface LiveArea {
  readonly draw: (text: string) => void;
  /** Leaves what was drawn last. */
  readonly end: () => void;
}

/** Draws over the lines drawn before; at most one screen of them, since lines that scrolled away cannot be reached. */
export function liveArea(terminal: Terminal): LiveArea {
  let height = 0;
  let shown = '';
  return {
    draw: (text) => {
      const columns = terminal.columns() ?? Number.POSITIVE_INFINITY;
      const lines = fitting(text.split('\n'), terminal.rows() - 1).map((line) => cutPainted(line, columns));
      const frame = lines.join('\n');
      if (frame === shown) return;
      shown = frame;
      const back = height === 0 ? '' : `\u001B[${height}A`;
      terminal.out(`${back}\r\u001B[0J${frame}\n`);
      height = lines.length;
    },
    end: () => { height = 0; },
  };
}

function fitting(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  const kept = lines.slice(0, Math.max(1, room - 1));
  return [...kept, cut(`… ${lines.length - kept.length} more lines: capstan status`, 80)];
}

/** A wrapped line would count as two and leave rests behind; colour takes no room. */
function cutPainted(line: string, columns: number): string {
  if (plain(line).length <= columns) return line;
  let room = columns;
  return line.split(/(\u001B\[\d+m)/).map((part) => {
    if (part.startsWith('\u001B')) return part;
    const kept = cut(part, room);
    room -= [...kept].length;
    return kept;
  }).join('');
}
