import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { spawnGuarded } from '../../worker/guarded-child.ts';

const module = new URL('../../worker/guarded-child.ts', import.meta.url).href;

test('a guarded child ends with a parent that was killed with SIGKILL', { timeout: 30_000 }, async () => {
  // The child holds the pipe that is read here, so its end is seen without asking for it.
  const code = `import { spawnGuarded } from '${module}';\nspawnGuarded('/bin/sh', ['-c', 'echo up; exec sleep 600'], 1);\nsetInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: parent.stdout });
  await once(lines, 'line');
  const closed = once(lines, 'close');

  parent.kill('SIGKILL');

  await closed;
});

test('a guarded child is ended by SIGTERM and tells how it ended', { timeout: 30_000 }, async () => {
  const output = openSync('/dev/null', 'w');
  const child = spawnGuarded('/bin/sh', ['-c', 'exit 7'], output);
  const [code] = await once(child, 'exit');
  assert.equal(code, 7);

  const long = spawnGuarded('/bin/sleep', ['600'], output);
  closeSync(output);
  await once(long, 'spawn');
  long.kill('SIGTERM');
  await once(long, 'exit');
  const left = await new Promise<string>((resolve) => { execFile('pgrep', ['-g', String(long.pid)], (_, stdout) => { resolve(stdout); }); });
  assert.equal(left, '');
});
