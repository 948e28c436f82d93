import { z } from 'zod';
import type { KeyPath } from './path.ts';
import { clusterUpgradeSchema } from './schema.ts';

/** As much of JSON Schema as the spec's schema uses. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  /** Ours: what would be right, as an error says it. */
  readonly expected?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
}

/** The schema of what people write, before defaults, with our own keyword `expected`. zod's own type of it says no more than "any JSON Schema". */
export function describedSchema(): SchemaNode {
  return z.toJSONSchema(clusterUpgradeSchema, { io: 'input' }) as SchemaNode;
}

/** The JSON Schema for editors. */
export function publishedSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(clusterUpgradeSchema, {
    io: 'input',
    override: ({ jsonSchema }) => { delete jsonSchema['expected']; },
  });
  return { ...schema, title: 'ClusterUpgrade of capstan.dev/v1' };
}

/** Part of the schema at a path; null where the schema knows no such place. */
export function schemaAt(root: SchemaNode, path: KeyPath): SchemaNode | null {
  let node: SchemaNode | null = root;
  for (const key of path) {
    if (node === null) return null;
    node = step(node, key);
  }
  return node;
}

/** What would be right at a path. */
export function expectedAt(root: SchemaNode, path: KeyPath): string {
  const node = schemaAt(root, path);
  if (node === null) return '';
  return node.expected ?? nonNull(node).expected ?? '';
}

/** The schema of the value itself where it may also be null. */
export function nonNull(node: SchemaNode): SchemaNode {
  return node.anyOf?.find((branch) => branch.type !== 'null') ?? node;
}

/** The schema of a map, also where a text or null may stand in its place. */
export function mapOf(node: SchemaNode): SchemaNode {
  return node.anyOf?.find((branch) => branch.properties !== undefined) ?? nonNull(node);
}

function step(node: SchemaNode, key: string | number): SchemaNode | null {
  const inner = mapOf(node);
  if (typeof key === 'number') return inner.items ?? null;
  if (inner.properties !== undefined && Object.hasOwn(inner.properties, key)) return inner.properties[key] ?? null;
  return typeof inner.additionalProperties === 'object' ? inner.additionalProperties : null;
}
