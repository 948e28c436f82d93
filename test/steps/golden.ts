import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Holds a text to the file of that name; UPDATE_GOLDEN=1 writes the file instead, to be read before it is committed. */
export function assertGolden(name: string, text: string): void {
  const file = join(import.meta.dirname, 'golden', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'), `${file} differs; UPDATE_GOLDEN=1 writes it anew`);
}
