import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReleaseClusterResult } from '../../workflows/messages.ts';
import { capstan, fakeClient } from './fake-client.ts';

const SPEC = 'examples/cluster.yaml';
const FOUND: ReleaseClusterResult = {
  owners: [], released: false,
  left: {
    nodes: [
      { name: 'w1', mark: 'upgrade/prod-eu#u1/default', cordoned: true, tainted: false, ready: false, version: 'v1.34.4' },
      { name: 'w2', mark: null, cordoned: false, tainted: true, ready: true, version: 'v1.33.13' },
    ],
    lock: { uid: 'lease', workflow: 'upgrade/prod-eu', startedBy: 'ann@desk', since: '2026-11-21T12:00:00.000Z' },
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
