import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CommandError } from '../../client/command-error.ts';
import { noWorker } from '../../client/temporal/service-errors.ts';
import { capstan, fakeClient, node, running, testStatus } from './fake-client.ts';

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
  const held = testStatus({ state: 'held', nodes: [node('w1', { state: 'held', step: 'drainNode' }), node('w2')] });
  const found = running('prod-eu');

  test('carry who sent them and only what was said', async () => {
    const client = fakeClient({ status: [held], found });
    for (const args of [['pause', '--now', '--reason', 'lunch'], ['pause', '--after', 'w2'], ['resume'], ['skip', 'w2', '--reason', 'broken'], ['retry', 'w1', '--from', 'cordonNode', '--force'], ['retry', 'w1']]) {
      assert.equal((await capstan(client, args)).code, 0, args.join(' '));
    }
    const by = client.sent[0]?.message.by;
    assert.match(by ?? '', /^.+@.+$/);
    assert.deepEqual(client.sent, [
      { kind: 'pause', message: { by, now: true, reason: 'lunch' } },
      { kind: 'pause', message: { by, after: 'w2' } },
      { kind: 'resume', message: { by } },
      { kind: 'skipNode', message: { node: 'w2', by, reason: 'broken' } },
      { kind: 'retryNode', message: { node: 'w1', by, from: 'cordonNode', force: true } },
      { kind: 'retryNode', message: { node: 'w1', by } },
    ]);
  });

  const refused = [
    { args: ['retry', 'w2'], code: 1, says: /w2 is pending, not held.*\nNext: held: w1/ },
    { args: ['retry', 'w9'], code: 1, says: /no node w9 .*\nNext: nodes: w1, w2/ },
    { args: ['skip', 'w9'], code: 1, says: /no node w9/ },
    { args: ['retry', 'w1', '--from', 'dance'], code: 64, says: /there is no step dance/ },
    { args: ['pause', '--after', 'never'], code: 64, says: /neither a node nor a phase.*\nNext: nodes: w1, w2; phases: preflight, snapshot, control-plane, workers, addons/ },
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

  test('about going back are answered by the upgrade itself', async () => {
    const client = fakeClient({ status: [held], found });
    const one = await capstan(client, ['rollback', 'w1', '--reason', 'broken']);
    const all = await capstan(client, ['rollback', '--scope', 'workers']);
    const by = client.asked[0]?.by;
    assert.deepEqual([one.code, all.code], [0, 0]);
    assert.equal(one.err, 'W1 goes back. Follow it with: capstan watch --cluster prod-eu\n');
    assert.deepEqual(client.asked, [{ scope: 'node', node: 'w1', by, reason: 'broken' }, { scope: 'workers', by }]);
    assert.deepEqual(client.sent, []);
  });

  test('about going back that the upgrade refuses end with its reason', async () => {
    const client = fakeClient({ found }, { rollback: () => Promise.reject(new CommandError('cp1 cannot go back alone', { next: 'capstan status' })) });
    const { code, err } = await capstan(client, ['rollback', 'cp1']);
    assert.equal(code, 1);
    assert.match(err, /cp1 cannot go back alone\nNext: capstan status/);
    assert.deepEqual(client.sent, []);
  });

  test('about going back wait in Temporal where no worker answers', async () => {
    const client = fakeClient({ found }, { rollback: () => Promise.reject(noWorker('capstan', '')) });
    const { code, err } = await capstan(client, ['rollback', 'w1']);
    assert.equal(code, 0);
    assert.match(err, /waits in Temporal/);
    assert.deepEqual(client.sent.map(({ kind, message }) => [kind, 'scope' in message ? message.scope : null]), [['rollback', 'node']]);
  });

  for (const [args, says] of [
    [['rollback'], /needs a node, or --scope workers/], [['rollback', 'w1', '--scope', 'workers'], /takes all of them, and w1 is named as well/],
    [['rollback', '--scope', 'cluster'], /Allowed choices are node, workers/],
  ] as const) {
    test(`are not sent where they say nothing that could be done: ${args.join(' ')}`, async () => {
      const client = fakeClient({ found });
      const { code, err } = await capstan(client, args);
      assert.equal(code, 64);
      assert.match(err, says);
      assert.deepEqual(client.asked, []);
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
