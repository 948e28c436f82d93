import type { z } from 'zod';
import { maxUnavailableProblem } from '../workflows/domain/max-unavailable.ts';
import type { SpecDocument } from './document.ts';
import { describedSchema, expectedAt, mapOf, schemaAt } from './json-schema.ts';
import type { SchemaNode } from './json-schema.ts';
import { nearestKey, onlyPlaceOf } from './nearest-key.ts';
import { formatPath } from './path.ts';
import type { KeyPath } from './path.ts';
import type { SpecProblem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** Longest value that an error repeats. */
const QUOTED_CHARACTERS = 60;
/** Unknown keys of one map for which a known one is looked for: more are another kind of file. */
const MOST_HINTS = 100;

/** The problems of a spec in the order of the file, each at its line. */
export function problemsOf(issues: readonly Issue[], document: SpecDocument, file: string): SpecProblem[] {
  const schema = describedSchema();
  const all = issues.flatMap((issue) => unfolded(issue, document.value));
  // A map whose only key is misspelt also lacks what it should have.
  const misspelt = new Set(all.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => formatPath(keyPath(path))));
  return all
    .filter((issue) => issue.code !== 'custom' || !misspelt.has(formatPath(keyPath(issue.path))))
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue, document, file, schema) : [problemOf(issue, document, file, schema)]))
    .toSorted((left, right) => left.line - right.line || left.column - right.column);
}

/** Where a text or a map may stand, and a map does: what is wrong in the map. */
function unfolded(issue: Issue, root: unknown): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const value = valueAt(root, keyPath(issue.path));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [issue];
  const inside = issue.errors.find((branch) => !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
  return inside === undefined ? [issue] : inside.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function unknownKeys(issue: Extract<Issue, { code: 'unrecognized_keys' }>, document: SpecDocument, file: string, schema: SchemaNode): SpecProblem[] {
  const parent = keyPath(issue.path);
  const place = schemaAt(schema, parent);
  const known = Object.keys(place === null ? {} : mapOf(place).properties ?? {});
  return issue.keys.map((key, index) => {
    const path = [...parent, key];
    const hint = index < MOST_HINTS ? nearestKey(key, known) ?? onlyPlaceOf(schema, key) : null;
    return {
      file, ...document.positionOf(path, 'key'), path: formatPath(path),
      message: hint === null ? 'is an unknown key' : `is an unknown key; did you mean ${hint}`,
      expected: `one of ${known.join(', ')}`,
    };
  });
}

function problemOf(issue: Issue, document: SpecDocument, file: string, schema: SchemaNode): SpecProblem {
  const path = keyPath(issue.path);
  const value = valueAt(document.value, path);
  // What is missing or empty has no place of its own: its key or the one above it has.
  const part = value === undefined || value === null ? 'key' : 'value';
  return {
    file, ...document.positionOf(path, part), path: formatPath(path),
    message: messageOf(issue, path, value),
    expected: expectedOf(issue, path, schema),
  };
}

/** A rule between keys says by itself what would be right, in `params` where its message does not. */
function expectedOf(issue: Issue, path: KeyPath, schema: SchemaNode): string {
  if (issue.code === 'custom') return String(issue.params?.['expected'] ?? '');
  if (issue.code === 'invalid_key') return 'keys of labels, such as example.org/pool';
  return expectedAt(schema, path);
}

function messageOf(issue: Issue, path: KeyPath, value: unknown): string {
  if (issue.code === 'custom') return issue.message;
  if (value === undefined) return 'is missing';
  if (value === null) return 'is empty';
  const isOfZone = path.at(-1) === 'maxUnavailablePerZone';
  if ((isOfZone || path.at(-1) === 'maxUnavailable') && (typeof value === 'number' || typeof value === 'string')) {
    const problem = maxUnavailableProblem(value, isOfZone ? 'zone' : 'pool');
    if (problem !== null) return problem;
  }
  if (issue.code === 'invalid_type') return `is ${kindOf(value)}`;
  if (issue.code === 'invalid_key') return 'has a key that is no label key';
  if (typeof value === 'object') return Array.isArray(value) && value.length === 0 ? 'is an empty list' : `is ${kindOf(value)} that is not right here`;
  return mayHoldSecret(path) ? 'is not right here' : `is ${quoted(value)}`;
}

/** Under `access` a key may stand in place of its file; the URL of a repository or a backup may carry a password. Errors end in logs. */
function mayHoldSecret(path: KeyPath): boolean {
  return path.includes('access') || path.includes('packages') || path.includes('backup');
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'number' ? `the number ${value}` : `${JSON.stringify(value)}, neither text nor number`;
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text;
}

function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

function keyPath(path: readonly PropertyKey[]): KeyPath {
  return path.map((key) => (typeof key === 'symbol' ? String(key) : key));
}
