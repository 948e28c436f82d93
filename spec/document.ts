import { isAlias, isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document } from 'yaml';
import type { KeyPath } from './path.ts';

/** Longest spec that is read, in characters: far above what 5,000 nodes need. */
const MAX_CHARACTERS = 4_000_000;
/** How many nodes aliases may stand for, so that a small file cannot grow without bound. */
const MAX_ALIAS_COUNT = 100;

/** Line and column, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface DocumentProblem extends Position {
  readonly message: string;
  readonly expected: string;
}

export interface SpecDocument {
  /** The document as plain values. */
  readonly value: unknown;
  /** Where the value at `path` begins, or the nearest one above it that exists. With `key`, where the key of the value begins. */
  positionOf(path: KeyPath, part?: 'key' | 'value'): Position;
}

export type DocumentResult =
  | { readonly ok: true; readonly document: SpecDocument }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const TOO_DEEP = 'is nested too deeply';
const SPEC_FORM = 'YAML of a spec as docs/spec.md describes it';

const START: Position = { line: 1, column: 1 };

/** Reads one YAML document and keeps the positions. Tags other than YAML's own, repeated keys and a second document are problems. */
export function readDocument(text: string): DocumentResult {
  if (text.length > MAX_CHARACTERS) return failed([{ ...START, message: `is longer than ${MAX_CHARACTERS} characters`, expected: 'a spec of one cluster' }]);
  const lines = new LineCounter();
  try {
    return readWith(text, lines);
  } catch (error) {
    return failed([{ ...START, message: unreadable(error), expected: SPEC_FORM }]);
  }
}

function readWith(text: string, lines: LineCounter): DocumentResult {
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2', logLevel: 'silent', uniqueKeys: false });
  const [document, second] = 'empty' in documents ? [] : documents;
  if (document === undefined) return failed([{ ...START, message: 'is empty', expected: 'a spec that begins with apiVersion: capstan.dev/v1' }]);
  const place = (offset: number): Position => positionAt(lines, offset);
  const faults = [...document.errors, ...document.warnings, ...repeatedKeys(document)];
  // The composer catches its own overflow and reports it among hundreds of consequences.
  const overflow = faults.find(({ message }) => message.includes('call stack'));
  if (overflow !== undefined) return failed([{ ...place(overflow.pos[0]), message: TOO_DEEP, expected: SPEC_FORM }]);
  if (faults.length > 0) return failed(faults.map((fault) => ({ ...place(fault.pos[0]), ...faultText(fault) })));
  if (second !== undefined) {
    return failed([{ ...place(second.range[0]), message: 'begins a second document', expected: 'one document, one cluster in a file' }]);
  }
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  return { ok: true, document: { value, positionOf: (path, part = 'value') => find(document, path, part, place) } };
}

function find(document: Document, path: KeyPath, part: 'key' | 'value', place: (offset: number) => Position): Position {
  let node: unknown = document.contents;
  let found: Position = isNode(node) && node.range ? place(node.range[0]) : START;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    const next = childOf(node, key);
    if (next === null) break;
    const keyOffset = isNode(next.key) ? next.key.range?.[0] : undefined;
    const valueOffset = isNode(next.value) ? next.value.range?.[0] : undefined;
    const offset = part === 'key' ? keyOffset ?? valueOffset : valueOffset ?? keyOffset;
    if (offset !== undefined) found = place(offset);
    node = next.value;
  }
  return found;
}

function childOf(node: { readonly items: readonly unknown[] }, key: string | number): { readonly key: unknown; readonly value: unknown } | null {
  if (!isMap(node)) {
    const value = typeof key === 'number' ? node.items[key] : undefined;
    return value === undefined ? null : { key: null, value };
  }
  return pairsOf(node.items).get(String(key)) ?? null;
}

interface KeyAndValue {
  readonly key: unknown;
  readonly value: unknown;
}

/** The pairs of a map by their keys: a map of twenty thousand wrong keys is looked into twenty thousand times. */
const PAIRS = new WeakMap<readonly unknown[], ReadonlyMap<string, KeyAndValue>>();

function pairsOf(items: readonly unknown[]): ReadonlyMap<string, KeyAndValue> {
  const known = PAIRS.get(items);
  if (known !== undefined) return known;
  const pairs = new Map<string, KeyAndValue>();
  for (const item of items) {
    if (!isPair(item) || !isScalar(item.key)) continue;
    const name = String(item.key.value);
    if (!pairs.has(name)) pairs.set(name, { key: item.key, value: item.value });
  }
  PAIRS.set(items, pairs);
  return pairs;
}

/** The library compares each key with every other one: a file of twenty thousand takes it most of a minute. */
function repeatedKeys(document: Document): { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }[] {
  const found: { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }[] = [];
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) found.push({ code: 'DUPLICATE_KEY', message: '', pos: [key.range?.[0] ?? 0, key.range?.[1] ?? 0] });
        seen.add(name);
      }
    },
  });
  return found;
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? START : { line, column: col };
}

function faultText({ code }: { readonly code: string }): { readonly message: string; readonly expected: string } {
  switch (code) {
    case 'DUPLICATE_KEY': return { message: 'this key is written twice', expected: 'each key once' };
    case 'TAB_AS_INDENT': return { message: 'a tab indents this line', expected: 'spaces' };
    case 'TAG_RESOLVE_FAILED': return { message: 'this YAML tag is unknown', expected: 'plain values without a tag' };
    // The library's own words quote the line, and somebody may have written a secret into it.
    default: return { message: `this is not YAML (${code.toLowerCase().replaceAll('_', ' ')})`, expected: 'YAML' };
  }
}

function unreadable(error: unknown): string {
  if (error instanceof RangeError) return TOO_DEEP;
  if (error instanceof ReferenceError) return 'has aliases that stand for too much, or for nothing';
  return 'cannot be read as YAML';
}

function failed(problems: readonly DocumentProblem[]): DocumentResult {
  return { ok: false, problems };
}
