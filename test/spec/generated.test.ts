import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { generatedFiles } from '../../spec/generated-files.ts';
import { describedSchema, nonNull } from '../../spec/json-schema.ts';
import type { SchemaNode } from '../../spec/json-schema.ts';

describe('files made from the schema', () => {
  for (const { path, text } of generatedFiles()) {
    it(`${path} is current; if not, run: node spec/generate-schema.ts`, async () => {
      assert.equal(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8'), text);
    });
  }

  it('name and explain every key, and say what would be right', () => {
    const lacking = undescribed(describedSchema(), 'document');
    assert.deepEqual(lacking, []);
  });

  it('carry no keyword of our own', () => {
    for (const { text } of generatedFiles()) assert.ok(!text.includes('"expected"'));
  });
});

function undescribed(node: SchemaNode, path: string): string[] {
  const inner = nonNull(node);
  const isDescribed = [node, inner].some(({ description, expected }) => description !== undefined && expected !== undefined);
  const children = Object.entries(inner.properties ?? {}).flatMap(([key, child]) => undescribed(child, `${path}.${key}`));
  const items = inner.items === undefined ? [] : undescribed(inner.items, `${path}[]`);
  return [...(isDescribed ? [] : [path]), ...children, ...items];
}
