import { isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document } from 'yaml';

/** The documents of a text that are not empty, or why there are none, as `line 3: …`. The reason quotes nothing: the text may hold secrets. */
export type YamlResult = { readonly ok: true; readonly values: readonly unknown[] } | { readonly ok: false; readonly problem: string };

/** Manifests with many CustomResourceDefinitions have some millions. */
const MOST_CHARACTERS = 32_000_000;
/** What aliases may stand for, so that a small file does not grow without bound. */
const MOST_ALIASES = 100;

/**
 * The one reader of YAML that comes from files, hosts and clusters; the spec has its own, which knows positions.
 *
 * @param version Where `yes` and `on` are true it is 1.1.
 */
export function readYaml(text: string, version: '1.1' | '1.2' = '1.2'): YamlResult {
  if (text.length > MOST_CHARACTERS) return { ok: false, problem: `it is longer than ${MOST_CHARACTERS} characters` };
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', version, uniqueKeys: false, lineCounter: lines });
    const values: unknown[] = [];
    for (const document of Array.isArray(documents) ? documents : []) {
      const [broken] = document.errors;
      if (broken !== undefined) return { ok: false, problem: `line ${broken.linePos?.[0].line ?? '?'}: ${wordsOf(broken.code)}` };
      const repeated = repeatedKey(document);
      if (repeated !== null) return { ok: false, problem: `line ${lines.linePos(repeated).line}: ${wordsOf('DUPLICATE_KEY')}` };
      const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
      if (value !== null && value !== undefined) values.push(value);
    }
    return { ok: true, values };
  } catch (error) {
    return { ok: false, problem: unreadable(error) };
  }
}

/** Offset of a key that its map has before; null where each is written once. The library compares every key with every other. */
function repeatedKey(document: Document): number | null {
  let found: number | null = null;
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          found = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

/** The first document of a text; undefined where it is empty. @throws Error with the problem. */
export function parseYaml(text: string, version: '1.1' | '1.2' = '1.2'): unknown {
  const read = readYaml(text, version);
  if (!read.ok) throw new Error(read.problem);
  return read.values[0];
}

function unreadable(error: unknown): string {
  if (error instanceof ReferenceError) return /excessive/i.test(error.message) ? 'its aliases (*) stand for too much' : wordsOf('BAD_ALIAS');
  return error instanceof RangeError ? 'it is nested too deeply' : 'it cannot be read as YAML';
}

/** The library's own messages quote the source. */
export function wordsOf(code: string): string {
  switch (code) {
    case 'ALIAS_PROPS': return 'an alias (*) has a tag or an anchor of its own';
    case 'BAD_ALIAS': return 'an alias (*) names an anchor (&) that is not before it; quote a value that begins with *';
    case 'BAD_DIRECTIVE': return 'a directive (%) is not one of YAML';
    case 'BAD_DQ_ESCAPE': return 'a text in double quotes has an escape that YAML does not know';
    case 'BAD_INDENT': return 'a bracket or a quote is not closed, or the indentation does not fit the lines above';
    case 'BAD_SCALAR_START': return 'a value begins with a character that must be quoted';
    case 'BLOCK_AS_IMPLICIT_KEY': case 'MULTILINE_IMPLICIT_KEY': case 'KEY_OVER_1024_CHARS': return 'a key goes over several lines, or is longer than 1024 characters';
    case 'DUPLICATE_KEY': return 'a key is written twice';
    case 'MISSING_CHAR': return 'a quote, a bracket, a colon or a space is missing';
    case 'RESOURCE_EXHAUSTION': return 'it is nested too deeply';
    case 'TAB_AS_INDENT': return 'a tab indents the line; YAML takes spaces only';
    case 'TAG_RESOLVE_FAILED': return 'a tag (!) is not one of YAML';
    default: return `it is not YAML (${code})`;
  }
}
