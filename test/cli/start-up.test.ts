import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BARE_NODE, capstanArgs, processorTimes } from './processor-time.ts';
import { spawnCapstan } from './spawn.ts';

const TRACE = new URL('module-trace.mjs', import.meta.url).href;

/** What the client must never load: it would cost time, and access lives on the worker alone. */
const WORKER_CODE = /node_modules\/(?:@kubernetes|ssh2|pino|@temporalio\/(?:worker|activity|core-bridge))\/|\/(?:worker|activities)\/[^/]*\.ts$/;
const TEMPORAL = /node_modules\/@temporalio\//;
const ZOD = /node_modules\/zod\//;

async function modulesOf(args: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-trace-'));
  try {
    const file = join(folder, 'modules');
    await spawnCapstan(args, { nodeArgs: ['--import', TRACE], environment: { MODULE_TRACE: file } });
    const modules = (await readFile(file, 'utf8')).split('\n');
    assert.ok(modules.some((module) => module.endsWith('/client/main.ts') || module.endsWith('/client/main.js')), 'the trace sees nothing');
    return modules;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a command loads only what it needs', { concurrency: 2 }, () => {
  test('--help loads neither Temporal nor zod nor worker code', async () => {
    const modules = await modulesOf(['--help']);
    for (const never of [WORKER_CODE, TEMPORAL, ZOD]) assert.deepEqual(modules.filter((module) => never.test(module)), []);
  });
  test('status loads neither zod nor worker code', async () => {
    const modules = await modulesOf(['status']);
    for (const never of [WORKER_CODE, ZOD]) assert.deepEqual(modules.filter((module) => never.test(module)), []);
  });
  test('start loads no worker code', async () => {
    const modules = await modulesOf(['start', '-f', 'examples/cluster.yaml', '--yes']);
    assert.ok(modules.some((module) => ZOD.test(module)));
    assert.deepEqual(modules.filter((module) => WORKER_CODE.test(module)), []);
  });
});

// The goal is 0.3 s on a quiet machine: 2.5 times as much of the processor as a bare Node.
test('--help is there in a moment', async () => {
  const { code, out } = await spawnCapstan(['--help']);
  assert.equal(code, 0);
  assert.match(out, /^Usage: capstan/);
  const [bare = 0, help = 0] = await processorTimes([BARE_NODE, capstanArgs('--help')]);
  assert.ok(help < 6 * bare, `${help} s of the processor, and ${bare} s of a bare Node`);
});

test('a Node that is too old is left for the one that npm brought', async (context) => {
  const old = await olderNode();
  if (old === null) {
    context.diagnostic('no older Node on this machine: only the present one was tried');
    return;
  }
  const launcher = fileURLToPath(new URL('../../client/bin/capstan.js', import.meta.url));
  const { stdout } = await promisify(execFile)(old, [launcher, 'version', '-o', 'json']);
  const version: unknown = JSON.parse(stdout);
  assert.ok(typeof version === 'object' && version !== null && 'node' in version && String(version.node).startsWith('2'));
  await assert.rejects(promisify(execFile)(old, [launcher, 'dance']), { code: 64 });
  assert.equal(await interrupted(old, [launcher, 'status']), 130);
});

/** Exit code of a command that waits for a Temporal which never answers, after SIGINT to the launcher alone. */
async function interrupted(node: string, args: readonly string[]): Promise<number | null> {
  const silent = createServer();
  await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const child = spawn(node, [...args], { stdio: 'ignore', env: { ...process.env, CAPSTAN_TEMPORAL_ADDRESS: `127.0.0.1:${port}` } });
  // Once it connects, it is up and waits.
  silent.once('connection', () => { child.kill('SIGINT'); });
  const sockets: Socket[] = [];
  silent.on('connection', (socket) => { sockets.push(socket); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  for (const socket of sockets) socket.destroy();
  silent.close();
  return code;
}

/** A Node below 22.18 on PATH; null where there is none. */
async function olderNode(): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    try {
      const { stdout } = await promisify(execFile)(join(folder, 'node'), ['-p', 'process.versions.node']);
      const [major = 0, minor = 0] = stdout.trim().split('.').map(Number);
      if (major < 22 || (major === 22 && minor < 18)) return join(folder, 'node');
    } catch {
      // No Node in this folder.
    }
  }
  return null;
}
