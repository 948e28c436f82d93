import type { BenchResult, Figure } from './bench.ts';

/** What a person reads: one line a figure, with the target beside it. */
export function tableOf({ bench, seed, machine, figures }: BenchResult): string {
  const head = `${bench}, seed ${seed}, ${machine.cpus} × ${machine.model}, ${machine.memoryGiB} GiB, Node ${machine.node}, load ${machine.load}`;
  const rows = [['figure', 'value', 'unit', 'target', ''], ...figures.map(cells)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd());
  return `${head}\n${lines.join('\n')}\n`;
}

function cells({ name, value, unit, target, met }: Figure): string[] {
  return [name, String(value), unit, target ?? '', met === null ? '' : met ? 'met' : 'missed'];
}
