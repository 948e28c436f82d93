import type { NodeStatus } from '../../workflows/domain/status.ts';
import type { Terminal } from '../terminal.ts';
import { liveArea } from './live.ts';
import { resumedLines } from './resumed.ts';
import { statusTable, stepNote } from './status.ts';
import type { StatusView } from './status.ts';
import { firstLine, paint, plain } from './text.ts';

/** Where a followed upgrade is shown. */
export interface Screen {
  readonly show: (view: StatusView) => void;
  /** Words about the following itself, such as that nobody answers; said once until something is shown again. */
  readonly note: (words: string) => void;
  /** Leaves the last state readable. */
  readonly end: () => void;
}

/** A table in place on a terminal; a line for each change elsewhere. */
export function openScreen(terminal: Terminal): Screen {
  return terminal.isLive ? tableScreen(terminal) : lineScreen(terminal);
}

function tableScreen(terminal: Terminal): Screen {
  const area = liveArea(terminal);
  let shown = '';
  return {
    show: (view) => {
      shown = render(terminal, view);
      area.draw(shown);
    },
    note: (words) => { area.draw([...(shown === '' ? [] : [shown, '']), paint(plain(words), 'yellow', terminal.colour)].join('\n')); },
    end: () => area.end(),
  };
}

function lineScreen(terminal: Terminal): Screen {
  let before: StatusView | null = null;
  let said = '';
  return {
    show: (view) => {
      for (const line of changes(before, view)) terminal.out(`${new Date(terminal.now()).toISOString().slice(11, 19)}  ${line}\n`);
      before = view;
      said = '';
    },
    note: (words) => {
      if (words !== said) terminal.say(words);
      said = words;
    },
    end: () => {
      if (before !== null) terminal.out(`\n${render(terminal, before)}\n`);
    },
  };
}

function render(terminal: Terminal, view: StatusView): string {
  return statusTable(view, { isWide: false, colour: terminal.colour, columns: terminal.columns(), nowMs: terminal.now() });
}

function changes(before: StatusView | null, view: StatusView): readonly string[] {
  const lines: string[] = [];
  if (view.resumed !== undefined && before?.resumed?.at !== view.resumed.at) lines.push(...resumedLines(view));
  if (before === null || before.state !== view.state || before.phase !== view.phase) lines.push(`${plain(view.cluster)}: ${view.state}, phase ${view.phase}`);
  for (const node of view.nodes) {
    const line = nodeLine(node, view);
    const former = before?.nodes.find(({ name }) => name === node.name);
    const isNew = former === undefined ? node.state !== 'pending' : line !== nodeLine(former, before);
    if (isNew) lines.push(line);
  }
  return lines;
}

/** A drain's message counts seconds, so only tries and failures make a line. */
function nodeLine(node: NodeStatus, view: StatusView | null): string {
  const activity = view?.activities.find((step) => step.node === node.name && step.attempt > 1);
  const notes = [
    node.failure === null ? '' : firstLine(`${node.failure.type}: ${node.failure.message}`),
    activity === undefined ? '' : stepNote({ ...activity, message: null, blockers: [] }),
  ].filter((text) => text !== '');
  return [node.name, node.state, node.step ?? '', ...notes].filter((part) => part !== '').map(plain).join('  ');
}
