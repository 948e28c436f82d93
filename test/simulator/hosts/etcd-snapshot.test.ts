/** The file that a twin's `etcdctl snapshot save` writes is read as the worker reads a real one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { readSnapshotKeys } from '../../../activities/restore/snapshot-keys.ts';
import { etcdKeysOf, isWhole, snapshotBytes } from '../../../simulator/hosts/etcd-snapshot.ts';

function fileIn(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-twin-snapshot-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'snapshot.db');
}

test('whatever keys it has, few or many, short or long: all of them with their revisions, and nothing else', async (context) => {
  const file = fileIn(context);
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
  const keys = fc.uniqueArray(fc.record({ key: name.map((text) => `/registry/pods/${text}`), revision: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }), { selector: ({ key }) => key, maxLength: 1_500, size: 'max' });
  await fc.assert(fc.asyncProperty(keys, async (rows) => {
    const single = [...new Map(rows.map((row) => [row.revision, row])).values()];
    writeFileSync(file, snapshotBytes(single));
    assert.deepEqual(await readSnapshotKeys(file), new Map(single.map(({ key, revision }) => [key, revision])));
  }), { numRuns: 30 });
});

test('objects are kept under the names that the API server gives them', () => {
  const object = (kind: string, name: string, namespace?: string) => ({ apiVersion: 'v1', kind, metadata: { name, resourceVersion: '7', ...(namespace === undefined ? {} : { namespace }) } });
  const contents = new Map([['nodes', [object('Node', 'w1')]], ['services', [object('Service', 'web', 'default')]], ['pods', [object('Pod', 'web-1', 'default')]]]);

  assert.deepEqual(etcdKeysOf(contents), ['/registry/minions/w1', '/registry/pods/default/web-1', '/registry/services/specs/default/web'].map((key) => ({ key, revision: 7 })));
});

test('one bit that changes is noticed', () => {
  const file = snapshotBytes([{ key: '/registry/pods/default/web', revision: 1_001 }]);
  assert.equal(isWhole(file), true);
  file[5_000] = (file[5_000] ?? 0) ^ 1;
  assert.equal(isWhole(file), false);
});
