import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { findOrStartDevServer } from '../../worker/dev-server.ts';
import type { DevServer } from '../../worker/dev-server.ts';
import { placesOf } from '../../worker/places.ts';
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

/** Runs code in a process of its own, sends a signal at the line with the words, and waits for its end. */
async function run(code: string, environment: Readonly<Record<string, string>>, interruptAt?: string, signal: NodeJS.Signals = 'SIGINT', seen: (line: string) => void = () => undefined): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, CAPSTAN_TEMPORAL_ADDRESS: '', CAPSTAN_STATE_DIR: folder, ...environment },
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    seen(line);
    if (interruptAt !== undefined && line.includes(interruptAt)) child.kill(signal);
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

describe('capstan dev after a SIGKILL', { timeout: 240_000 }, () => {
  test('waits for the end of the former server, and goes on with its state, however soon it is started again', async () => {
    const ports = `port: ${await freePort()}, uiPort: ${await freePort()}`;
    const code = `import { runDev } from '${dev}'; await runDev({ ${ports} });`;
    for (let round = 0; round < 3; round += 1) {
      const killed = await run(code, {}, 'Worker is polling', 'SIGKILL');
      assert.match(killed.text, /Worker is polling/);
      assert.doesNotMatch(killed.text, /was running at/, 'the server that was killed before is not used');
    }
    const { code: exit, text } = await run(code, {}, 'Worker is polling');
    assert.equal(exit, 0, text);
    const kept = await readdir(folder);
    assert.ok(kept.some((name) => /^temporal-\d+\.former\.log$/.test(name)), kept.join(' '));
  });
});

describe('capstan worker where Temporal is away', { timeout: 120_000 }, () => {
  const code = `import { runWorker } from '${main}'; await runWorker();`;

  test('says so, waits, and polls once it is there', async () => {
    const port = await freePort();
    const server = Promise.withResolvers<DevServer>();
    const options = { port, uiPort: await freePort(), ephemeral: true, namespace: 'default', stateFolder: folder, places: placesOf(process.env), say: () => {} };
    const ended = run(code, { CAPSTAN_TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, 'Worker is polling', 'SIGTERM', (line) => {
      if (line.includes('Temporal does not answer')) server.resolve(findOrStartDevServer(options));
    });
    const { code: exit, text } = await ended;
    await (await server.promise).stop();
    assert.equal(exit, 0, text);
    assert.match(text, new RegExp(`No Temporal server answers at 127\\.0\\.0\\.1:${port}[^]*Temporal does not answer: nothing is polled; trying again until it does[^]*Worker is polling`));
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`ends at once, and well, on ${signal}`, async () => {
      const { code: exit, text } = await run(code, { CAPSTAN_TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` }, 'Temporal does not answer', signal);
      assert.equal(exit, 0, text);
      assert.doesNotMatch(text, /Worker is polling|\n {4}at /);
    });
  }

  test('does not wait where another try meets the same end: a certificate that cannot be read', async () => {
    const missing = join(folder, 'none.pem');
    const { code: exit, text } = await run(code, { CAPSTAN_TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`, CAPSTAN_TEMPORAL_TLS_CA: missing });
    assert.equal(exit, 1);
    assert.match(text, /CAPSTAN_TEMPORAL_TLS_CA=.*cannot be read/);
  });
});
