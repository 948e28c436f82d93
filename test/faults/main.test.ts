import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const LIMIT = { timeout: 8 * 60_000 };

async function run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly said: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('main.ts', import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_TEST_CONTEXT: '' },
  });
  const [out, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  return { code, out, said };
}

test('an unknown point ends with 64 and the points that there are, and nothing is started', LIMIT, async () => {
  const { code, out, said } = await run('--point', 'drainNode.during.meteorite');
  assert.equal(code, 64);
  assert.equal(out, '');
  assert.match(said, /There is no fault point "drainNode\.during\.meteorite"\. Allowed:\n {2}planUpgrade\.during\.worker-killed\n/);
});

test('an upgrade goes on after its worker was killed in a step, and the report says that it happened', LIMIT, async () => {
  const point = 'upgradeKubelet.during.worker-killed';
  const { code, out, said } = await run('--seeds', '1', '--first-seed', '11', '--point', point);
  assert.equal(code, 0, said);
  assert.match(out, new RegExp(`^${point} +1$`, 'm'));
  assert.equal(out.trimEnd().split('\n').at(-1), '1 passed, 0 failed');
});
