import type { Terminal } from '../terminal.ts';

export const FORMATS = ['table', 'wide', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** Writes data to stdout in the asked form; `render` makes the text of `table` and `wide`. */
export async function printData(terminal: Terminal, format: Format, data: unknown, render: (isWide: boolean) => string): Promise<void> {
  switch (format) {
    case 'json':
      terminal.out(`${JSON.stringify(data, null, 2)}\n`);
      return;
    case 'yaml': {
      const { stringify } = await import('yaml');
      terminal.out(stringify(data, { lineWidth: 0 }));
      return;
    }
    case 'table':
    case 'wide':
      terminal.out(`${render(format === 'wide')}\n`);
  }
}

/** True where a machine reads stdout, so that words for people are spared. */
export function isForMachines(format: Format): boolean {
  return format === 'json' || format === 'yaml';
}
