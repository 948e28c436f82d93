import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import type { LeftBehind } from '../../workflows/domain/left-behind.ts';
import { stopped, workflowTests } from './harness.ts';

const HERE = 'c1/n1';
const LEFT: LeftBehind = { nodes: [{ name: 'w1', mark: 'upgrade/lost#u1', temporal: HERE, cordoned: true, tainted: true, ready: true, version: 'v1.33.13' }], lock: null, temporal: HERE };
const LOCK = { uid: 'lease', workflow: 'upgrade/lost', startedBy: 'ann@desk', since: null };
const NOTHING: LeftBehind = { nodes: [], lock: null, temporal: HERE };

describe('releaseCluster', { timeout: 600_000 }, () => {
  const { release, upgrade } = workflowTests();

  for (const { name, left, apply, released } of [
    { name: 'looks and changes nothing unless it is told to', left: LEFT, apply: false, released: false },
    { name: 'releases what an upgrade of this Temporal left that runs no more', left: LEFT, apply: true, released: true },
    { name: 'has nothing to do where nothing is left', left: NOTHING, apply: true, released: false },
  ]) {
    it(name, async () => {
      await release(left, apply, async (running) => {
        const result = await running.handle.result();
        assert.deepEqual([result.released, result.owners, result.foreign, result.left], [released, [], [], left]);
        assert.deepEqual(running.journal, released ? ['releaseLeft cluster'] : []);
      });
    });
  }

  for (const { what, left, foreign } of [
    { what: 'the lock of an upgrade that another Temporal may run', left: { ...NOTHING, lock: { ...LOCK, temporal: 'c2/n1' } }, foreign: ['c2/n1'] },
    { what: 'a cordon of one, although the lock is of this Temporal', left: { ...LEFT, nodes: LEFT.nodes.map((node) => ({ ...node, temporal: 'c2/n1' })), lock: { ...LOCK, temporal: HERE } }, foreign: ['c2/n1'] },
    { what: 'what is of another namespace of the same Temporal', left: { ...NOTHING, lock: { ...LOCK, temporal: 'c1/n2' } }, foreign: ['c1/n2'] },
    { what: 'what does not say which Temporal it is of', left: { ...NOTHING, lock: { ...LOCK, temporal: null } }, foreign: ['one that is not named'] },
  ]) {
    it(`leaves ${what}, until a reason is given`, async () => {
      await release(left, true, async ({ handle, journal }) => {
        assert.deepEqual({ ...await handle.result(), left: null }, { left: null, owners: [], foreign, released: false });
        assert.deepEqual(journal, []);
      });
      await release(left, true, async ({ handle, journal }) => {
        assert.deepEqual({ ...await handle.result(), left: null }, { left: null, owners: [], foreign, released: true });
        assert.deepEqual(journal, ['releaseLeft cluster']);
      }, {}, 'its machine is gone');
    });
  }

  it('leaves what an upgrade may own that runs, whatever reason is given', async () => {
    const stop = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      const left = { ...NOTHING, lock: { ...LOCK, workflow: trial.handle.workflowId, temporal: HERE } };
      await release(left, true, async ({ handle, journal }) => {
        const { owners, released } = await handle.result();
        assert.deepEqual([owners, released, journal], [[trial.handle.workflowId], false, []]);
      }, {}, 'it hangs');
      stop.release();
      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('releases nothing where it cannot find out whether the upgrade runs', async () => {
    // A server refuses to signal it, which is not to say that it has ended.
    const left = { ...NOTHING, lock: { ...LOCK, workflow: `upgrade/${'x'.repeat(2_000)}`, temporal: HERE } };
    await release(left, true, async ({ handle, journal }) => {
      await assert.rejects(handle.result(), (error) => error instanceof WorkflowFailedError && /still runs could not be found out/.test(error.cause?.message ?? ''));
      assert.deepEqual(journal, []);
    });
  });
});
