import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { openSpawner } from '../../../simulator/hosts/spawner.ts';
import type { SpawnedProcess, Spawner } from '../../../simulator/hosts/spawner.ts';
import { until } from '../../support/until.ts';

const SPAWNER = new URL('../../../simulator/hosts/spawner.ts', import.meta.url).href;

describe('the process that starts the processes of hosts', { timeout: 60_000 }, () => {
  let spawner: Spawner;
  before(() => { spawner = openSpawner(); });
  after(() => spawner.stop());

  const command = (script: string, env: NodeJS.ProcessEnv = {}): SpawnedProcess =>
    spawner.spawn('sh', ['-c', script], { kind: 'command', cwd: '/', env: { PATH: process.env['PATH'], ...env } });

  test('a command gets its folder, environment and input, and all of its output comes before its end', async () => {
    const child = command('pwd; echo "$WORD"; cat; head -c 300000 /dev/zero; echo bad >&2; exit 7', { WORD: 'hello' });
    child.stdin?.end('from stdin\n');
    const [out, err, [code, signal]] = await Promise.all([text(child.stdout ?? assert.fail()), text(child.stderr ?? assert.fail()), closed(child)]);
    assert.deepEqual([out.slice(0, 19), out.length, err, code, signal], ['/\nhello\nfrom stdin\n', 19 + 300_000, 'bad\n', 7, null]);
  });

  test('what cannot be started ends without a code', async () => {
    const child = spawner.spawn('/nonexistent/program', [], { kind: 'unit', cwd: '/', env: {} });
    const [code] = await Promise.all([exited(child), closed(child)]);
    assert.equal(code, null);
  });

  test('a unit is over only when the last of its processes is, and a kill ends them all', async () => {
    const unit = spawner.spawn('sh', ['-c', 'sleep 1000 & exit 0'], { kind: 'unit', cwd: '/', env: { PATH: process.env['PATH'] } });
    let isOver = false;
    const over = closed(unit).then(() => { isOver = true; });
    assert.equal(await exited(unit), 0);
    assert.equal(isOver, false);
    unit.kill();
    await over;
  });

  test('all users share one process, which lives until the last gives it up', async () => {
    const other = openSpawner();
    await other.stop();
    const parentOf = async (from: Spawner): Promise<string> => text(from.spawn('sh', ['-c', 'echo "$PPID"'], { kind: 'command', cwd: '/', env: { PATH: process.env['PATH'] } }).stdout ?? assert.fail());
    const third = openSpawner();
    assert.equal(await parentOf(spawner), await parentOf(third));
    await third.stop();
  });

  test('nothing of it is left when the twin is killed', async () => {
    const twin = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', `
      import { openSpawner } from ${JSON.stringify(SPAWNER)};
      const child = openSpawner().spawn('sh', ['-c', 'echo $$; exec sleep 1000'], { kind: 'command', cwd: '/', env: process.env });
      child.stdout.pipe(process.stdout);
    `], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line]: unknown[] = await once(twin.stdout, 'data');
    const pid = Number(String(line));
    assert.equal(isAlive(pid), true);
    twin.kill('SIGKILL');
    await until('the command has ended', () => !isAlive(pid));
  });
});

function exited(child: SpawnedProcess): Promise<number | null> {
  return new Promise((resolve) => { child.once('exit', resolve); });
}

function closed(child: SpawnedProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  return new Promise((resolve) => { child.on('close', (code, signal) => { resolve([code, signal]); }); });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
