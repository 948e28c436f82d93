import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { someoneListens } from '../../worker/someone-listens.ts';
import { freePort } from '../support/free-port.ts';

const dev = new URL('../../worker/dev.ts', import.meta.url).href;
const main = new URL('../../worker/main.ts', import.meta.url).href;

let folder: string;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'capstan-dev-')); });
after(async () => { await rm(folder, { recursive: true }); });

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs code in a process of its own, sends SIGINT at the line with the words, and waits for its end. */
async function run(code: string, environment: Readonly<Record<string, string>>, interruptAt?: string): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, CAPSTAN_TEMPORAL_ADDRESS: '', CAPSTAN_STATE_DIR: folder, ...environment },
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (interruptAt !== undefined && line.includes(interruptAt)) child.kill('SIGINT');
  }
  await ended;
  return { code: child.exitCode, text: lines.join('\n') };
}

describe('capstan dev', { timeout: 120_000 }, () => {
  test('brings up server, Web UI and worker, tells where, and Ctrl-C ends all of them', async () => {
    const port = await freePort();
    const uiPort = await freePort();
    const { code, text } = await run(`import { runDev } from '${dev}'; await runDev({ port: ${port}, uiPort: ${uiPort}, ephemeral: true });`, {}, 'Worker is polling');

    assert.equal(code, 0, text);
    assert.match(text, new RegExp(`Temporal: 127\\.0\\.0\\.1:${port} +Web UI: http://127\\.0\\.0\\.1:${uiPort}`));
    assert.match(text, /State is in memory/);
    assert.deepEqual([await someoneListens(`127.0.0.1:${port}`), await someoneListens(`127.0.0.1:${uiPort}`)], [false, false]);
  });

  test('starts no server where an address is given, and says so when nothing answers there', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, text } = await run(`import { runDev } from '${dev}'; await runDev();`, { CAPSTAN_TEMPORAL_ADDRESS: address });
    assert.equal(code, 1);
    assert.match(text, new RegExp(`No Temporal server answers at ${address}[^]*Next: unset CAPSTAN_TEMPORAL_ADDRESS`));
  });
});

test('a worker without a server says where it looked and how to start one', { timeout: 60_000 }, async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const { code, text } = await run(`import { runWorker } from '${main}'; await runWorker();`, { CAPSTAN_TEMPORAL_ADDRESS: address });
  assert.equal(code, 1);
  assert.match(text, new RegExp(`No Temporal server answers at ${address}[^]*Next: .capstan dev. starts one here`));
});
