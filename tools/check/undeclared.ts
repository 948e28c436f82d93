import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Breach } from './find-breaches.ts';
import type { SourceTree } from './source-tree.ts';

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()) });

/** Packages that the program needs at run time and `dependencies` does not name: a published package would miss them. */
export async function findUndeclared(root: string, tree: SourceTree): Promise<readonly Breach[]> {
  const { dependencies } = manifestSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const breaches: Breach[] = [];
  for (const [file, imports] of tree) {
    for (const { target, kind, line } of imports) {
      if (target.is !== 'package' || kind === 'type' || Object.hasOwn(dependencies, target.name)) continue;
      breaches.push({ file, line, message: `imports the package ${target.name}, which "dependencies" of package.json does not name` });
    }
  }
  return breaches;
}
