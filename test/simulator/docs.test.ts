import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { faultTable } from '../../simulator/faults.ts';

test('docs/simulator.md lists every fault as the program knows it', async () => {
  const text = await readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
  assert.ok(text.includes(faultTable()), 'run `node simulator/generate-docs.ts`');
});
