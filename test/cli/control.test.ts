import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CommandError } from '../../client/command-error.ts';
import { noWorker } from '../../client/temporal/service-errors.ts';
import { capstan, fakeClient, node, NOW, running, testStatus } from './fake-client.ts';

const SPEC = 'examples/cluster.yaml';

describe('which cluster', () => {
  test('is the one that runs', async () => {
    assert.equal((await capstan(fakeClient({ running: ['only'] }), ['status'])).code, 0);
  });
  test('is never guessed between two', async () => {
    const { code, err } = await capstan(fakeClient({ running: ['a', 'b'] }), ['status']);
    assert.equal(code, 64);
    assert.match(err, /2 upgrades run: a, b\nNext: name one with --cluster/);
  });
  test('is asked for where none runs', async () => {
    assert.equal((await capstan(fakeClient({ running: [] }), ['pause'])).code, 1);
  });
  test('is named once only', async () => {
    assert.equal((await capstan(fakeClient(), ['status', '--cluster', 'a', '-f', SPEC])).code, 64);
  });
});

describe('messages', () => {
  const held = testStatus({ state: 'held', nodes: [node('w1', { state: 'held', step: 'drainNode' }), node('w2'), node('w3', { state: 'done' })] });
  const found = running('prod-eu');

  test('carry who sent them and only what was said', async () => {
    const client = fakeClient({ status: [held], found });
    for (const args of [
      ['pause', '--now', '--reason', 'lunch'], ['pause', '--after', 'w2'], ['resume'], ['skip', 'w2', '--reason', 'broken'], ['skip', 'w1'], ['retry', 'w1', '--from', 'cordonNode', '--force'],
      ['retry', 'w1', '--reason', 'mended'], ['force-drain', 'w1', '--confirm', 'prod-eu', '--reason', 'web is down'], ['set', 'maxUnavailable=3', 'drainTimeout=30m'], ['set', 'gpu.maxUnavailable=20%'],
      ['cancel', '--reason', 'wrong cluster'],
    ]) {
      assert.equal((await capstan(client, args)).code, 0, args.join(' '));
    }
    const by = client.sent[0]?.message.by;
    assert.match(by ?? '', /^.+@.+$/);
    assert.deepEqual(client.sent, [
      { kind: 'pause', message: { by, now: true, reason: 'lunch' } },
      { kind: 'pause', message: { by, after: 'w2' } },
      { kind: 'resume', message: { by } },
      { kind: 'skipNode', message: { node: 'w2', by, reason: 'broken' } },
      { kind: 'resolveHold', message: { node: 'w1', by, decision: 'skip' } },
      { kind: 'resolveHold', message: { node: 'w1', by, from: 'cordonNode', force: true, decision: 'retry' } },
      { kind: 'resolveHold', message: { node: 'w1', by, reason: 'mended', decision: 'retry' } },
      { kind: 'resolveHold', message: { node: 'w1', by, reason: 'web is down', decision: 'force-drain', confirm: 'prod-eu' } },
      { kind: 'setPolicy', message: { maxUnavailable: 3, drainTimeout: '30m', by } },
      { kind: 'setPolicy', message: { pool: 'gpu', maxUnavailable: '20%', by } },
      { kind: 'cancel', message: { by, reason: 'wrong cluster' } },
    ]);
  });

  const refused = [
    { args: ['retry', 'w2'], code: 1, says: /w2 is pending, not held.*\nNext: held: w1/ },
    { args: ['retry', 'w9'], code: 1, says: /no node w9 .*\nNext: nodes: w1, w2, w3/ },
    { args: ['skip', 'w9'], code: 1, says: /no node w9/ },
    { args: ['retry', 'w1', '--from', 'dance'], code: 64, says: /there is no step dance/ },
    { args: ['pause', '--after', 'never'], code: 64, says: /neither a node nor a phase.*\nNext: nodes: w1, w2, w3; phases: preflight, snapshot, control-plane, workers, addons/ },
    { args: ['pause', '--after', 'w3'], code: 64, says: /w3 is done already/ },
    { args: ['pause', '--after', 'control-plane'], code: 64, says: /the phase control-plane is over/ },
    { args: ['force-drain', 'w1', '--confirm', 'prod'], code: 64, says: /--confirm prod is not the name of the cluster\nNext: .*--confirm prod-eu/ },
    { args: ['force-drain', 'w1'], code: 64, says: /--confirm/ },
    { args: ['force-drain', 'w9', '--confirm', 'prod-eu'], code: 1, says: /no node w9/ },
    { args: ['rollback', 'w9'], code: 1, says: /no node w9 .*\nNext: nodes: w1, w2, w3/ },
    { args: ['set'], code: 64, says: /assignments/ },
    { args: ['set', 'maxUnavailable'], code: 64, says: /maxUnavailable sets nothing that is known\nNext: write maxUnavailable=3/ },
    { args: ['set', 'width=3'], code: 64, says: /width=3 sets nothing/ },
    { args: ['set', 'maxUnavailable=3', 'maxUnavailable=4'], code: 64, says: /set twice/ },
    { args: ['set', 'gpu.maxUnavailable=3', 'drainTimeout=5m'], code: 64, says: /one pool, or all/ },
    { args: ['pause', '--now', '--after', 'w1'], code: 64, says: /exclude each other/ },
  ];
  for (const { args, code, says } of refused) {
    test(`are not sent where they can have no effect: ${args.join(' ')}`, async () => {
      const client = fakeClient({ status: [held], found });
      const outcome = await capstan(client, args);
      assert.equal(outcome.code, code);
      assert.match(outcome.err, says);
      assert.deepEqual(client.sent, []);
    });
  }

  test('that the upgrade refuses end with its reason', async () => {
    const refusal = new CommandError('w1 is held at upgradeKubelet, not in its drain', { next: 'nothing was changed' });
    const client = fakeClient({ status: [held], found }, { update: () => Promise.reject(refusal) });
    const { code, err } = await capstan(client, ['force-drain', 'w1', '--confirm', 'prod-eu']);
    assert.equal(code, 1);
    assert.match(err, /not in its drain\nNext: nothing was changed/);
  });

  test('sent as a signal and refused meanwhile end with the reason as well', async () => {
    let by = '';
    const client = fakeClient({ found }, {
      send: async (_cluster, { message }) => { by = message.by ?? ''; },
      status: async () => (by === '' ? held : { ...held, decisions: [{ at: NOW, kind: 'cancel', node: null, by, reason: '', detail: '', refusal: 'the upgrade is ending already' }] }),
    });
    const { code, err } = await capstan(client, ['cancel']);
    assert.equal(code, 1);
    assert.match(err, /the upgrade is ending already/);
  });

  test('about going back say what happens', async () => {
    const client = fakeClient({ status: [held], found });
    const one = await capstan(client, ['rollback', 'w1', '--reason', 'broken']);
    const all = await capstan(client, ['rollback', '--scope', 'workers']);
    const by = client.sent[0]?.message.by;
    assert.deepEqual([one.code, all.code], [0, 0]);
    assert.equal(one.err, 'w1 goes back to v1.33.13. Follow it with: capstan watch --cluster prod-eu\n');
    assert.equal(all.err, 'The upgraded workers go back, the newest first; no further one is upgraded, and the control plane stays at v1.34.4. Follow it with: capstan watch --cluster prod-eu\n');
    assert.deepEqual(client.sent, [{ kind: 'rollback', message: { scope: 'node', node: 'w1', by, reason: 'broken' } }, { kind: 'rollback', message: { scope: 'workers', by } }]);
  });

  test('about going back that have to wait for a resume say so', async () => {
    const client = fakeClient({ status: [{ ...held, pause: { by: 'ann', reason: '', at: NOW } }], found });
    assert.match((await capstan(client, ['rollback', '--scope', 'workers'])).err, /newest first once the upgrade is resumed/);
    assert.match((await capstan(client, ['rollback', 'w3'])).err, /^w3 goes back to v1\.33\.13 once the upgrade is resumed\./);
    assert.match((await capstan(client, ['rollback', 'w1'])).err, /^w1 goes back to v1\.33\.13\./);
  });

  test('about going back that the upgrade refuses end with its reason', async () => {
    const client = fakeClient({ status: [held], found }, { update: () => Promise.reject(new CommandError('w2 has not begun', { next: 'capstan status' })) });
    const { code, err } = await capstan(client, ['rollback', 'w2']);
    assert.equal(code, 1);
    assert.match(err, /w2 has not begun\nNext: capstan status/);
  });

  test('about going back wait in Temporal where no worker answers', async () => {
    const client = fakeClient({ found }, { status: () => Promise.reject(noWorker('capstan', '')) });
    const { code, err } = await capstan(client, ['rollback', 'w1']);
    assert.equal(code, 0);
    assert.match(err, /waits in Temporal/);
    assert.deepEqual(client.sent.map(({ kind, message }) => [kind, 'scope' in message ? message.scope : null]), [['rollback', 'node']]);
  });

  for (const [args, says] of [
    [['rollback'], /needs a node, or --scope workers/], [['rollback', 'w1', '--scope', 'workers'], /takes all of them, and w1 is named as well/],
  ] as const) {
    test(`are not sent where they say nothing that could be done: ${args.join(' ')}`, async () => {
      const client = fakeClient({ found });
      const { code, err } = await capstan(client, args);
      assert.equal(code, 64);
      assert.match(err, says);
      assert.deepEqual(client.sent, []);
    });
  }

  test('wait in Temporal where no worker answers', async () => {
    const client = fakeClient({ found }, { status: () => Promise.reject(noWorker('capstan', '')) });
    const { code, err } = await capstan(client, ['pause']);
    assert.equal(code, 0);
    assert.equal(client.sent.length, 1);
    assert.match(err, /waits in Temporal/);
  });

  test('are refused once the upgrade has ended', async () => {
    const { code, err } = await capstan(fakeClient({ found: { ...found, state: 'done', endedAt: '2026-11-21T12:05:00.000Z' } }), ['resume']);
    assert.equal(code, 1);
    assert.match(err, /has ended: done\nNext: capstan report/);
  });
});
