import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReleaseClusterResult } from '../../workflows/messages.ts';
import { capstan, fakeClient } from './fake-client.ts';

const SPEC = 'examples/cluster.yaml';
const FOUND: ReleaseClusterResult = {
  owners: [], foreign: [], released: false,
  left: {
    temporal: 'c1/n1',
    nodes: [
      { name: 'w1', mark: 'upgrade/prod-eu#u1/default', temporal: 'c1/n1', cordoned: true, tainted: false, ready: false, version: 'v1.34.4' },
      { name: 'w2', mark: null, temporal: null, cordoned: false, tainted: true, ready: true, version: 'v1.33.13' },
    ],
    lock: { uid: 'lease', workflow: 'upgrade/prod-eu', startedBy: 'ann@desk', temporal: 'c1/n1', since: '2026-11-21T12:00:00.000Z' },
  },
};

describe('release', () => {
  test('shows what was left, releases it, and says how to see what remains', async () => {
    const { code, out, err } = await capstan(fakeClient({ release: [FOUND, { ...FOUND, released: true }] }), ['release', '-f', SPEC, '--yes']);
    assert.equal(code, 0);
    assert.equal(out, [
      'NODE   LEFT     BY                           KUBELET    STATE',
      'w1     cordon   upgrade/prod-eu#u1/default   v1.34.4    NotReady',
      'w2     taint                                 v1.33.13   Ready',
      '',
      'The cluster is locked by upgrade/prod-eu since 2026-11-21 12:00:00Z, started by ann@desk.',
      '',
    ].join('\n'));
    assert.match(err, /Released\. .*capstan plan/);
  });

  test('releases nothing while a workflow runs that may own it', async () => {
    const { code, err } = await capstan(fakeClient({ release: [{ ...FOUND, owners: ['upgrade/prod-eu/w1'] }] }), ['release', '-f', SPEC, '--yes']);
    assert.equal(code, 1);
    assert.match(err, /upgrade\/prod-eu\/w1 still runs and may own what is left on 2 nodes: nothing was released\nNext: see `capstan status --cluster prod-eu`/);
  });

  for (const { what, args } of [{ what: 'without a reason', args: [] }, { what: 'with an empty one', args: ['--foreign', ' '] }]) {
    test(`releases nothing that another Temporal may own, ${what}`, async () => {
      const { code, err } = await capstan(fakeClient({ release: [{ ...FOUND, foreign: ['c2/n1'] }] }), ['release', '-f', SPEC, '--yes', ...args]);
      assert.equal(code, 1);
      assert.match(err, /an upgrade of another Temporal \(c2\/n1; this one is c1\/n1\), which may still run it: nothing was released\nNext: run the command where that Temporal is; where it is gone for good: `--foreign REASON`/);
    });
  }

  test('releases what another Temporal has left where a reason is given', async () => {
    const foreign = ['c2/n1'];
    const { code, err } = await capstan(fakeClient({ release: [{ ...FOUND, foreign }, { ...FOUND, foreign, released: true }] }), ['release', '-f', SPEC, '--yes', '--foreign', 'its disk is gone']);
    assert.equal(code, 0);
    assert.match(err, /Released\./);
  });

  test('is at peace where nothing is left', async () => {
    const { code, err } = await capstan(fakeClient(), ['release', '-f', SPEC, '--yes']);
    assert.equal(code, 0);
    assert.match(err, /Nothing of ours is left in prod-eu/);
  });

  for (const { args, says } of [
    { args: ['release', '--yes'], says: /one of a cluster's name and -f FILE/ },
    { args: ['release', 'prod-eu', '-f', SPEC, '--yes'], says: /one of a cluster's name and -f FILE/ },
    { args: ['release', '-f', SPEC], says: /nobody can be asked here, so nothing was released\nNext: add --yes/ },
  ]) {
    test(`wants to be told well: ${args.join(' ')}`, async () => {
      const { code, err } = await capstan(fakeClient(), args);
      assert.equal(code, 64);
      assert.match(err, says);
    });
  }
});
