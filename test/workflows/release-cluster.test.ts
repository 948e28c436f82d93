import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LeftBehind } from '../../workflows/domain/left-behind.ts';
import { workflowTests } from './harness.ts';

const LEFT: LeftBehind = { nodes: [{ name: 'w1', mark: 'upgrade/lost#u1', cordoned: true, tainted: true, ready: true, version: 'v1.33.13' }], lock: null };

describe('releaseCluster', { timeout: 600_000 }, () => {
  const { release } = workflowTests();

  for (const { name, left, apply, journal } of [
    { name: 'looks and changes nothing unless it is told to', left: LEFT, apply: false, journal: [] },
    { name: 'releases what no workflow owns any more', left: LEFT, apply: true, journal: ['releaseLeft cluster'] },
    { name: 'has nothing to do where nothing is left', left: { nodes: [], lock: null }, apply: true, journal: [] },
  ]) {
    it(name, async () => {
      await release(left, apply, async (running) => {
        const result = await running.handle.result();
        assert.deepEqual([result.released, result.owners, result.left], [journal.length > 0, [], left]);
        assert.deepEqual(running.journal, journal);
      });
    });
  }
});
