import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleOptions } from '../../worker/bundle.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Two lines of a workflow file that change places: words that each stand in one line only. */
export interface Swap {
  readonly file: string;
  readonly lines: readonly [string, string];
}

/** Bundles a copy of the workflow code in which lines have changed places. */
export async function bundleWithSwappedLines(swaps: readonly Swap[]): Promise<WorkflowBundleWithSourceMap> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-broken-'));
  try {
    const workflows = join(folder, 'workflows');
    await cp(join(ROOT, 'workflows'), workflows, { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, lines } of swaps) {
      const path = join(workflows, file);
      await writeFile(path, swapLines(await readFile(path, 'utf8'), file, lines));
    }
    return await bundleWorkflowCode({ ...bundleOptions(workflows), logger: new DefaultLogger('ERROR') });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function swapLines(source: string, file: string, words: readonly [string, string]): string {
  const lines = source.split('\n');
  const [first, second] = words.map((word) => {
    const places = lines.flatMap((line, index) => (line.includes(word) ? [index] : []));
    if (places.length !== 1) throw new Error(`${file} has ${word} in ${places.length} lines instead of one. Next: name other steps in replay.test.ts.`);
    return places[0];
  });
  if (first === undefined || second === undefined) throw new Error('two lines are swapped, not less');
  return lines.map((line, index) => (index === first ? lines[second] : index === second ? lines[first] : line)).join('\n');
}
