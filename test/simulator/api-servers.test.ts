/** A twin's API is there as long as its hosts' API servers and etcd members are. */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import { startTwin } from '../../simulator/twin.ts';
import type { Twin } from '../../simulator/twin.ts';
import { openSubject } from '../conformance/api/subject.ts';
import type { Subject } from '../conformance/api/subject.ts';
import { FAST_TIMINGS } from '../support/twin.ts';
import { until } from '../support/until.ts';

const MEMBERS = ['cp1', 'cp2', 'cp3'];
const NODES = '/api/v1/nodes';
/** Twin's time, four seconds on the wall. */
const DOWN_MS = 120_000;

async function served(context: TestContext): Promise<{ readonly twin: Twin; readonly api: Subject }> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-served-'));
  const twin = await startTwin(generateCluster({ name: 'served', seed: 1, workers: 1, timings: FAST_TIMINGS }), { seed: 1, speed: 30, way: 'recognised', folder });
  const api = await openSubject(twin.api.kubeconfig);
  context.after(async () => {
    api.close();
    await twin.stop();
  });
  return { twin, api };
}

test('it answers without one of its hosts, and neither reads nor writes without a majority of etcd', async (context) => {
  const { twin: { hosts }, api } = await served(context);
  hosts.etcd.stop('cp1');
  assert.equal((await api.ask('GET', NODES)).status, 200);

  hosts.etcd.stop('cp2');
  const refused = await api.ask('GET', NODES);
  assert.deepEqual([refused.status, refused.body.message], [500, 'etcdserver: request timed out']);

  hosts.etcd.start('cp2', '3.5.24');
  assert.equal((await api.ask('GET', NODES)).status, 200);
});

test('without any API server connections end and none is answered, until hosts are back', async (context) => {
  const { twin: { hosts, api: { connections } }, api } = await served(context);
  assert.equal((await api.ask('GET', NODES)).status, 200);
  assert.equal(connections.open, 1);

  for (const name of MEMBERS) hosts.host(name).reboot(DOWN_MS);
  await until('the connection ends', () => connections.open === 0);
  await assert.rejects(api.ask('GET', NODES));

  await until('members run again', () => hosts.etcd.hasQuorum());
  assert.equal((await api.ask('GET', NODES)).status, 200);
});
