import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { AREAS } from './fences.ts';
import { readImports } from './read-imports.ts';
import type { Import } from './read-imports.ts';

/** What an import leads to. */
export type Target =
  | { readonly is: 'file'; readonly path: string }
  | { readonly is: 'package'; readonly name: string }
  | { readonly is: 'builtin'; readonly name: string };

export interface ResolvedImport extends Import {
  readonly target: Target;
}

/** Files of the fenced areas by their path from the root, with what each imports. */
export type SourceTree = ReadonlyMap<string, readonly ResolvedImport[]>;

const FOLDERS = new Set(AREAS.map(([, folder]) => folder.split('/')[0] ?? ''));

export async function readSourceTree(root: string): Promise<SourceTree> {
  const tree = new Map<string, readonly ResolvedImport[]>();
  for (const folder of FOLDERS) {
    if (!existsSync(join(root, folder))) continue;
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => posix.relative(root, join(entry.parentPath, entry.name)));
    for (const file of files.toSorted()) {
      const imports = await readImports(await readFile(join(root, file), 'utf8'));
      tree.set(file, imports.map((one) => ({ ...one, target: resolve(file, one.specifier) })));
    }
  }
  return tree;
}

function resolve(file: string, specifier: string): Target {
  if (specifier.startsWith('.')) return { is: 'file', path: posix.join(posix.dirname(file), specifier) };
  if (isBuiltin(specifier)) return { is: 'builtin', name: specifier };
  const [scope = '', name = ''] = specifier.split('/');
  return { is: 'package', name: scope.startsWith('@') ? `${scope}/${name}` : scope };
}
