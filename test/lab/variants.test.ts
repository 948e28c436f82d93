import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { labVariants } from './variants.ts';

test('docs/lab.md names every variant of the lab, and no other', async () => {
  const text = await readFile(new URL('../../docs/lab.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('| variant |'), text.indexOf('Run by hand, on 2 cores'));
  assert.deepEqual([...table.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, name = '']) => name).toSorted((one, other) => one.localeCompare(other)), [...labVariants].toSorted((one, other) => one.localeCompare(other)));
});
