import { formatPath } from './path.ts';
import { nonNull } from './json-schema.ts';
import type { SchemaNode } from './json-schema.ts';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** The reference of every key of a spec, as Markdown, from the same descriptions that editors show. */
export function specReference(schema: SchemaNode): string {
  const rows = rowsOf(schema, []).map(({ path, type, fallback, meaning }) => `| \`${path}\` | ${type} | ${fallback} | ${meaning} |`);
  return [
    '# The spec',
    '',
    'What `capstan start -f FILE` reads: one upgrade of one cluster, as YAML. [examples/cluster.yaml](../examples/cluster.yaml) shows every part; [cluster-upgrade.schema.json](cluster-upgrade.schema.json) tells an editor what is right while you type:',
    '',
    '```yaml',
    '# yaml-language-server: $schema=PATH/TO/docs/cluster-upgrade.schema.json',
    '```',
    '',
    'A key that is not in this table is an error, never ignored. Errors name file, line, column, path and what would be right; `capstan validate FILE` shows them all at once. No secret stands in a spec: `access` refers to files and environment variables, which the worker alone opens.',
    '',
    '| Key | Type | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'Generated from `spec/schema.ts` by `node spec/generate-schema.ts`.',
    '',
  ].join('\n');
}

function rowsOf(node: SchemaNode, path: readonly (string | number)[]): Row[] {
  const { properties = {}, required = [], items } = nonNull(node);
  const below = Object.entries(properties).flatMap(([key, child]) => {
    const here = [...path, key];
    return [rowOf(child, formatPath(here), required.includes(key)), ...rowsOf(child, here)];
  });
  return items === undefined || items.properties === undefined ? below : [...below, ...rowsOf(items, [...path, 0])];
}

function rowOf(node: SchemaNode, path: string, isRequired: boolean): Row {
  const inner = nonNull(node);
  return {
    path: path.replaceAll('[0]', '[]'),
    type: typeOf(node),
    fallback: isRequired ? '**required**' : fallbackOf(node),
    meaning: (node.description ?? inner.description ?? '').replaceAll('|', '\\|'),
  };
}

function typeOf(node: SchemaNode): string {
  const inner = nonNull(node);
  const nullable = node.anyOf?.some((branch) => branch.type === 'null') === true;
  const name = nameOf(inner, node);
  return nullable ? `${name} or null` : name;
}

function nameOf(inner: SchemaNode, node: SchemaNode): string {
  if (inner.const !== undefined) return code(inner.const);
  if (inner.enum !== undefined) return inner.enum.map(code).join(', ');
  const kinds = (node.anyOf ?? [inner]).map((branch) => branch.type ?? '').filter((type) => type !== 'null');
  return [...new Set(kinds)].map((kind) => KIND_NAMES[kind] ?? kind).join(' or ');
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  string: 'text', integer: 'number', number: 'number', boolean: 'true or false', array: 'list', object: 'map',
};

function fallbackOf(node: SchemaNode): string {
  const value = node.default;
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return text === '{}' && nonNull(node).properties !== undefined ? 'see below' : code(value);
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
