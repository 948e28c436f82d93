import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

const page = new URL('../../docs/security.md', import.meta.url);
/** `[name of the test](../test/….ts)`; what stands for a part that the test fills in is `…`. */
const CLAIM = /\[([^\]]+)\]\((\.\.\/test\/[^)]+\.ts)\)/g;

describe('docs/security.md', async () => {
  const claims = [...(await readFile(page, 'utf8')).matchAll(CLAIM)].map(([, name = '', file = '']) => ({ name, file }));

  test('makes claims', () => {
    assert.ok(claims.length >= 40, `${claims.length} links to tests`);
  });

  for (const { name, file } of claims) {
    test(`points at a test that exists: ${name}`, async () => {
      const source = await readFile(new URL(file, page), 'utf8');
      const parts = name.split('…').map((part) => part.trim());
      const at = parts.reduce((from, part) => (from < 0 ? from : source.indexOf(part, from)), 0);
      assert.ok(at >= 0, `${file} has no test "${name}"`);
    });
  }
});
