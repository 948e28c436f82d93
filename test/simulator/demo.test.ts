import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { spawnCapstan } from '../cli/spawn.ts';
import { FAULT_NAMES } from '../../simulator/faults.ts';

const LIMIT_MS = 5 * 60_000;

describe('capstan demo', { timeout: LIMIT_MS }, () => {
  test('refuses a fault that there is not, and lists those that there are', async () => {
    const { code, err } = await spawnCapstan(['demo', '--fault', 'earthquake']);
    assert.equal(code, 64);
    for (const name of FAULT_NAMES) assert.ok(err.includes(name), `${name} is missing in ${err}`);
  });

  test('refuses a fault on a node where it cannot happen', async () => {
    const { code, err } = await spawnCapstan(['demo', '--fault', 'host-reboot@cp1']);
    assert.equal(code, 64);
    assert.match(err, /host-reboot cannot happen on "cp1"/);
  });

  test('refuses what is no number of nodes', async () => {
    const { code, err } = await spawnCapstan(['demo', '--nodes', 'many']);
    assert.equal(code, 64);
    assert.match(err, /whole number from 1 to 5000/);
  });

  test('refuses more nodes than memory allows, with the number that it does', async () => {
    const { code, err } = await spawnCapstan(['demo', '--nodes', '5000'], { environment: { NODE_OPTIONS: '--max-old-space-size=300' } });
    assert.equal(code, 1);
    assert.match(err, /A twin of 5,003 nodes .* nodes are allowed/);
  });

  test('upgrades its cluster with nothing but the report on stdout under --json, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'capstan-demo-test-'));
    const { code, out, err } = await spawnCapstan(['demo', '--nodes', '2', '--seed', '3', '--json'], {
      // It finds a server of its own, whatever the environment names.
      environment: { CAPSTAN_TEMPORAL_ADDRESS: '127.0.0.1:9', TMPDIR: folder },
    });
    const left = await readdir(folder);
    await rm(folder, { recursive: true });
    assert.equal(code, 0, err);
    const report: unknown = JSON.parse(out);
    assert.ok(typeof report === 'object' && report !== null && 'state' in report && 'nodes' in report);
    assert.equal(report.state, 'done');
    assert.ok(Array.isArray(report.nodes) && report.nodes.length === 5);
    assert.match(err, /Web UI: http:\/\/127\.0\.0\.1:\d+/);
    assert.match(err, /export CAPSTAN_TEMPORAL_ADDRESS=127\.0\.0\.1:\d+/);
    assert.deepEqual(left, []);
  });
});
