import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { findOrStartDevServer } from '../../worker/dev-server.ts';
import type { DevServer, DevServerOptions } from '../../worker/dev-server.ts';
import { placesOf } from '../../worker/places.ts';
import { SEARCH_ATTRIBUTES, WORKFLOW } from '../../workflows/messages.ts';
import { freePort } from '../support/free-port.ts';

let folder: string;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'capstan-dev-')); });
after(async () => { await rm(folder, { recursive: true }); });

async function options(change: Partial<DevServerOptions> = {}): Promise<DevServerOptions> {
  return {
    port: await freePort(), uiPort: await freePort(), ephemeral: false, namespace: 'default',
    stateFolder: folder, places: placesOf(process.env), say: () => {}, ...change,
  };
}

async function using<T>(server: DevServer, body: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await body(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('the embedded Temporal server', { timeout: 120_000 }, () => {
  test('keeps an upgrade over a restart, and its search attributes are usable at once', async () => {
    const chosen = await options();
    const first = await findOrStartDevServer(chosen);
    await using(first, (client) => client.workflow.start(WORKFLOW.upgradeCluster, {
      workflowId: 'upgrade/sample', taskQueue: 'nobody', typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.cluster, value: 'sample' }],
    }));
    await first.stop();

    const second = await findOrStartDevServer(chosen);
    try {
      const { status } = await using(second, (client) => client.workflow.getHandle('upgrade/sample').describe());
      assert.equal(status.name, 'RUNNING');
    } finally {
      await second.stop();
    }
  });

  test('serves the Web UI at the address that it tells', async () => {
    const server = await findOrStartDevServer(await options({ ephemeral: true }));
    try {
      assert.equal((await fetch(server.ui ?? '')).status, 200);
    } finally {
      await server.stop();
    }
  });

  test('that runs already is used, and left running', async () => {
    const chosen = await options({ ephemeral: true });
    const first = await findOrStartDevServer(chosen);
    try {
      const second = await findOrStartDevServer(chosen);
      assert.deepEqual([second.address, second.ui], [first.address, null]);
      await second.stop();
      await using(first, (client) => client.workflowService.getSystemInfo({}));
    } finally {
      await first.stop();
    }
  });

  test('in memory leaves no state file', async () => {
    const stateFolder = join(folder, 'memory');
    await (await findOrStartDevServer(await options({ ephemeral: true, stateFolder }))).stop();
    assert.deepEqual((await readdir(stateFolder)).filter((name) => name.includes('.db')), []);
  });

  test('whose port is taken by something else says so and where to look', async () => {
    const other = createServer((socket) => { socket.on('error', () => {}).end('hello'); }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(address !== null && typeof address === 'object');
    try {
      await assert.rejects(findOrStartDevServer(await options({ port: address.port })), /did not come up at 127\.0\.0\.1[^]*Next: see .*\.log; where a port is taken/);
    } finally {
      other.close();
    }
  });
});
