import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isEnding, lives, livingServer, markOf, writeMark } from '../../worker/server-mark.ts';

let folder: string;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'capstan-mark-')); });
after(async () => { await rm(folder, { recursive: true }); });

describe('the mark of an embedded server', { timeout: 60_000 }, () => {
  test('tells of a server that lives, and that ends once its owner is gone or has told it to', async () => {
    const file = join(folder, 'mark');
    const server = spawn('sleep', ['60']);
    const owner = spawn('sleep', ['60']);
    await writeMark(file, { server: markOf(server.pid), owner: markOf(owner.pid) });
    const living = await livingServer(file);
    assert.ok(living !== null && !isEnding(living));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    assert.ok(isEnding(living));
    assert.ok(isEnding({ ...living, owner: null }));
    server.kill('SIGKILL');
    await once(server, 'exit');
    assert.equal(await livingServer(file), null);
  });

  test('is of nobody where another process has the number by now, or none ever had', () => {
    const own = markOf(process.pid);
    assert.equal(lives(own), true);
    assert.equal(lives({ ...own, began: '1' }), false);
    assert.equal(lives(markOf(undefined)), false);
    assert.equal(lives({ pid: -1, began: '' }), false);
  });

  for (const text of ['', '{', 'null', '[]', '{"server": 7, "owner": null}', '{"server": {"pid": "1", "began": ""}, "owner": null}', '{"server": {"pid": 1, "began": ""}}']) {
    test(`is none where the file holds something else: ${text === '' ? 'nothing' : text}`, async () => {
      const file = join(folder, 'odd');
      await writeFile(file, text);
      assert.equal(await livingServer(file), null);
    });
  }
});
