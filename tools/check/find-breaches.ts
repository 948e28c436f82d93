import { allowsFile, allowsPackage, areaOf, FENCES } from './fences.ts';
import type { Fence } from './fences.ts';
import type { ResolvedImport, SourceTree, Target } from './source-tree.ts';

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Every import that crosses a fence, and every way by which something forbidden is reached through other files. */
export function findBreaches(tree: SourceTree): readonly Breach[] {
  const breaches: Breach[] = [];
  for (const [file, imports] of tree) {
    const area = areaOf(file);
    if (area === undefined) continue;
    const fence = FENCES[area];
    for (const one of imports) {
      if (!isAllowed(fence, one)) breaches.push({ file, line: one.line, message: `imports ${describe(one.target)}${one.kind === 'type' ? ' for its types' : ''}: ${fence.reason}` });
    }
    breaches.push(...reached(tree, file, fence));
  }
  return breaches;
}

function isAllowed(fence: Fence, { target, kind }: ResolvedImport): boolean {
  switch (target.is) {
    case 'file': return allowsFile(fence, target.path, kind);
    // A type of a package that may not be imported couples as well, but Node's own types are everywhere.
    case 'package': return allowsPackage(fence, target.name);
    case 'builtin': return fence.builtins;
  }
}

/** Forbidden packages and built-ins behind the files that `start` imports. Its own imports are judged apart. */
function reached(tree: SourceTree, start: string, fence: Fence): readonly Breach[] {
  if (fence.reach === 'nothing') return [];
  const breaches: Breach[] = [];
  const seen = new Set([start]);
  const queue = followed(tree.get(start) ?? [], fence).map((one) => ({ path: [start, one.path], line: one.line }));
  for (const { path, line } of queue) {
    const file = path.at(-1) ?? start;
    if (seen.has(file)) continue;
    seen.add(file);
    const imports = tree.get(file) ?? [];
    for (const one of imports) {
      if (one.kind === 'type' || one.target.is === 'file' || (one.kind === 'dynamic' && fence.reach === 'static') || isAllowed(fence, one)) continue;
      breaches.push({ file: start, line, message: `reaches ${describe(one.target)} by ${[...path.slice(1), describe(one.target)].join(' → ')}: ${fence.reason}` });
    }
    queue.push(...followed(imports, fence).map((one) => ({ path: [...path, one.path], line })));
  }
  return breaches;
}

function followed(imports: readonly ResolvedImport[], fence: Fence): readonly { readonly path: string; readonly line: number }[] {
  return imports.flatMap(({ target, kind, line }) => {
    if (target.is !== 'file' || kind === 'type' || (kind === 'dynamic' && fence.reach === 'static')) return [];
    return [{ path: target.path, line }];
  });
}

function describe(target: Target): string {
  switch (target.is) {
    case 'file': return target.path;
    case 'package': return `the package ${target.name}`;
    case 'builtin': return `the Node built-in ${target.name}`;
  }
}
