import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createFileReader } from '../../activities/file-reader.ts';

function fileIn(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-file-'));
  context.after(() => { rmSync(folder, { recursive: true }); });
  const file = join(folder, 'key');
  writeFileSync(file, text);
  return file;
}

/** As if the file were as old as that. Its inode's own time cannot be set. */
function later(context: TestContext, ms: number): void {
  const now = Date.now.bind(Date);
  context.mock.method(Date, 'now', () => now() + ms);
}

test('a file that is replaced by one of as many bytes is read anew, however old it was', async (context) => {
  const file = fileIn(context, 'one');
  later(context, 60_000);
  const read = createFileReader();
  assert.deepEqual([await read(file), await read(file)], ['one', 'one']);
  writeFileSync(`${file}.new`, 'two');
  renameSync(`${file}.new`, file);
  assert.equal(await read(file), 'two');
});

test('a file that changes twice at once is read anew each time', async (context) => {
  const file = fileIn(context, '0');
  const read = createFileReader();
  for (let change = 1; change < 10; change += 1) {
    writeFileSync(file, String(change));
    assert.equal(await read(file), String(change));
  }
});

test('a file that is gone fails as a read does, and is read again when it is back', async (context) => {
  const file = fileIn(context, 'one');
  later(context, 60_000);
  const read = createFileReader();
  assert.equal(await read(file), 'one');
  rmSync(file);
  await assert.rejects(read(file), { code: 'ENOENT' });
  writeFileSync(file, 'two');
  assert.equal(await read(file), 'two');
});
