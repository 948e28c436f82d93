import { stripTypeScriptTypes } from 'node:module';
import { init, parse } from 'es-module-lexer';

/** How an import lasts: at run time from the start, at run time when asked, or not at all. */
export type ImportKind = 'static' | 'dynamic' | 'type';

export interface Import {
  readonly specifier: string;
  readonly kind: ImportKind;
  /** 1-based. */
  readonly line: number;
}

const TYPE_STATEMENT = /^([ \t]*)(import(?= type\s)|export(?= type\s*[{*])) type/gm;

/**
 * Every import and re-export of a TypeScript file.
 * Types are taken out by Node's own stripping, so what is left is what runs; it keeps lines where they were.
 */
export async function readImports(source: string): Promise<readonly Import[]> {
  await init;
  const running = importsOf(stripTypeScriptTypes(source));
  // Without the word `type` these statements survive the stripping.
  const all = importsOf(stripTypeScriptTypes(source.replace(TYPE_STATEMENT, '$1$2     ')));
  const types = all.filter((one) => !running.some((other) => other.line === one.line && other.specifier === one.specifier));
  return [...running, ...types.map((one) => ({ ...one, kind: 'type' as const }))].toSorted((a, b) => a.line - b.line);
}

function importsOf(code: string): readonly Import[] {
  const [found] = parse(code);
  return found.flatMap(({ n: specifier, d: dynamic, ss: start }) => {
    if (specifier === undefined) return [];
    return [{ specifier, kind: dynamic === -1 ? 'static' as const : 'dynamic' as const, line: code.slice(0, start).split('\n').length }];
  });
}
