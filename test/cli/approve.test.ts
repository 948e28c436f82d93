import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CommandError } from '../../client/command-error.ts';
import { noWorker } from '../../client/temporal/service-errors.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import { capstan, fakeClient, node, NOW, running, testStatus } from './fake-client.ts';

const FOUND = running('prod-eu');
const FORMER = 'a1'.repeat(32);
const HASH = `p2-${FORMER}`;
const PAUSE = { by: 'ann@ops-1', reason: 'weekend', at: '2026-11-20T17:00:00.000Z' };
const CHANGED = { at: NOW, by: 'ann@ops-1', changes: { lines: ['w3: gone, left out', 'w4: upgraded by hand to v1.34.4'], more: 0 }, problem: null };
const NODES = [node('w1'), node('w3', { state: 'skipped', note: 'gone' }), node('w4', { state: 'done', note: 'upgraded by hand' })];
const GREW = testStatus({
  state: 'paused', pause: PAUSE, resumed: CHANGED, nodes: NODES,
  approval: { planHash: HASH, kind: 'growth', reason: 'the plan grew: w8, w9', growth: { lines: ['w8: new in pool default, at v1.33.13', 'w9: new in pool default, at v1.33.13'], more: 3 } },
});
const START = testStatus({ state: 'paused', phase: 'preflight', nodes: [node('w1')], approval: { planHash: 'hash', kind: 'start', reason: 'waits for approval', growth: { lines: [], more: 0 } } });
const PROBLEM = { type: 'ApiUnreachable', message: 'the API of prod-eu does not answer', next: '`capstan resume --cluster prod-eu` looks again' } as const;
const STUCK = testStatus({ state: 'paused', pause: PAUSE, nodes: [node('w1')], resumed: { at: NOW, by: 'ann@ops-1', changes: { lines: [], more: 0 }, problem: PROBLEM } });

const GREW_LINES = [
  'Waits for approval: the plan grew: w8, w9',
  '  w8: new in pool default, at v1.33.13',
  '  w9: new in pool default, at v1.33.13',
  '  and 3 more',
  `  Plan ${HASH}`,
  '  Go on with: capstan approve --cluster prod-eu, or without what is new: capstan resume --ignore-new --cluster prod-eu',
];
const CHANGED_LINES = ['Changed while it was paused, as read at 2026-11-21 12:10:00Z for ann@ops-1:', '  w3: gone, left out', '  w4: upgraded by hand to v1.34.4'];

describe('approve', () => {
  test('shows what the plan has grown by, asks, and sends the hash of what was shown', async () => {
    const client = fakeClient({ status: [GREW], found: FOUND });
    const { code, out, err } = await capstan(client, ['approve', '--reason', 'seen'], { answer: 'yes' });
    assert.equal(code, 0);
    assert.equal(out, `${[...CHANGED_LINES, ...GREW_LINES].join('\n')}\n`);
    assert.equal(err, `\nApprove this plan of prod-eu? Only "yes" does: The plan ${HASH} is approved. prod-eu is read once more: where it is still as approved, the upgrade goes on. Follow it with: capstan watch --cluster prod-eu\n`);
    assert.deepEqual(client.sent.map(({ kind, message }) => [kind, { ...message, by: '' }]), [['approve', { planHash: HASH, by: '', reason: 'seen' }]]);
  });

  test('shows the whole plan of an upgrade that nobody has said yes to', async () => {
    const client = fakeClient({ status: [START], found: FOUND });
    const { code, out } = await capstan(client, ['approve'], { answer: 'yes' });
    assert.equal(code, 0);
    assert.match(out, /5 of 5 nodes to upgrade\n[^]*1 {7}cp1[^]*\nPlan hash\n$/);
    assert.equal(client.sent.length, 1);
  });

  for (const answer of ['y', 'no', '']) {
    test(`takes ${JSON.stringify(answer)} for no, and says how to go on without`, async () => {
      const client = fakeClient({ status: [GREW], found: FOUND });
      const { code, err } = await capstan(client, ['approve'], { answer });
      assert.equal(code, 1);
      assert.match(err, /nothing was approved\nNext: capstan resume --ignore-new --cluster prod-eu goes on without what is new, and capstan cancel/);
      assert.deepEqual(client.sent, []);
    });
  }

  test('asks nothing where the plan is named', async () => {
    const client = fakeClient({ status: [GREW], found: FOUND });
    assert.equal((await capstan(client, ['approve', '--plan-hash', HASH])).code, 0);
    assert.equal((await capstan(client, ['approve', '--plan-hash', HASH, '--cluster', 'prod-eu', '--no-input'], { answer: 'no' })).code, 0);
    assert.deepEqual(client.sent.map(({ message }) => ('planHash' in message ? message.planHash : null)), [HASH, HASH]);
  });

  test('is a wrong command line where nobody can be asked and no plan is named', async () => {
    for (const [args, setting] of [[['approve'], {}], [['approve', '--no-input'], { answer: 'yes' }]] as const) {
      const client = fakeClient({ status: [GREW], found: FOUND });
      const { code, err } = await capstan(client, args, setting);
      assert.equal(code, 64);
      assert.match(err, /nothing was approved\nNext: name the plan with --plan-hash HASH/);
      assert.deepEqual(client.sent, []);
    }
  });

  test('fails where nothing waits, and where the upgrade refuses the hash', async () => {
    const nothing = await capstan(fakeClient({ found: FOUND }), ['approve'], { answer: 'yes' });
    assert.deepEqual([nothing.code, nothing.err], [1, 'error: no plan of prod-eu waits for approval\nNext: capstan status --cluster prod-eu\n']);
    const other = `p2-${'b2'.repeat(32)}`;
    const refusal = new CommandError(`the plan that waits for approval is ${HASH}, not ${other}`);
    const refused = await capstan(fakeClient({ status: [GREW], found: FOUND }, { update: () => Promise.reject(refusal) }), ['approve', '--plan-hash', other]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /not p2-b2/);
  });

  test('refuses what cannot be the hash of a plan before anything is sent: the former form, a part, other words', async () => {
    for (const [hash, reason] of [
      [FORMER, /former form, which covered neither the spec nor the files/], [HASH.slice(0, 20), /is not a plan hash/], ['guess', /is not a plan hash/], ['', /no plan hash is given/],
    ] as const) {
      const client = fakeClient({ status: [GREW], found: FOUND });
      const { code, err } = await capstan(client, ['approve', '--plan-hash', hash]);
      assert.equal(code, 64, hash);
      assert.match(err, reason);
      assert.match(err, /nothing was approved; `capstan status` shows the hash/);
      assert.deepEqual(client.sent, []);
    }
  });

  test('waits in Temporal where no worker answers and the plan is named, and shows none otherwise', async () => {
    const client = fakeClient({ found: FOUND }, { status: () => Promise.reject(noWorker('capstan', '')) });
    assert.match((await capstan(client, ['approve', '--plan-hash', HASH])).err, /waits in Temporal/);
    assert.equal(client.sent.length, 1);
    assert.equal((await capstan(client, ['approve'], { answer: 'yes' })).code, 75);
    assert.equal(client.sent.length, 1);
  });
});

describe('resume', () => {
  const PAUSED = testStatus({ state: 'paused', pause: PAUSE, nodes: [node('w1')] });
  const READING = { ...PAUSED, resuming: { by: 'ann@ops-1', reason: '', at: NOW } };
  const outcome = async (...status: UpgradeStatus[]): Promise<readonly [number, string]> => {
    const { code, err } = await capstan(fakeClient({ status, found: FOUND }), ['resume']);
    return [code, err];
  };

  test('waits until the cluster was read, and says what changed', async () => {
    assert.deepEqual(await outcome(PAUSED, READING, READING, testStatus({ resumed: CHANGED })), [0, [
      'prod-eu is read again before anything begins …', ...CHANGED_LINES, 'The upgrade of prod-eu goes on', '',
    ].join('\n')]);
  });
  test('says where the plan grew, how to go on, and that it needs a person', async () => {
    assert.deepEqual(await outcome(PAUSED, GREW), [4, [...CHANGED_LINES, ...GREW_LINES, ''].join('\n')]);
  });
  test('says why it stays paused', async () => {
    assert.deepEqual(await outcome(PAUSED, STUCK), [4, 'Stays paused: ApiUnreachable: the API of prod-eu does not answer\n  Next: `capstan resume --cluster prod-eu` looks again\n']);
  });
  test('of a held upgrade says what it needs, and of one that was not paused that it was not', async () => {
    assert.match((await outcome(PAUSED, testStatus({ state: 'held', nodes: [node('w1', { state: 'held' })] })))[1], /not paused, but held: w1 needs/);
    assert.match((await outcome(testStatus(), testStatus()))[1], /was not paused; a pause set for later is taken back/);
  });
  test('sends that new nodes are left out only where that is said', async () => {
    const client = fakeClient({ status: [testStatus()], found: FOUND });
    await capstan(client, ['resume', '--ignore-new']);
    assert.deepEqual(client.sent.map(({ message }) => ({ ...message, by: '' })), [{ by: '', ignoreNew: true }]);
  });
});

describe('status and watch', () => {
  const shown = async (view: UpgradeStatus): Promise<readonly string[]> => (await capstan(fakeClient({ status: [view] }), ['status'])).out.split('\n');

  test('show what changed, what waits and the note of each node', async () => {
    assert.deepEqual(await shown(GREW), [
      'prod-eu  v1.33.13 → v1.34.4  paused, phase workers, 1/3 nodes done, for 10m00s by ada@ops-1',
      'Paused by ann@ops-1 at 2026-11-20 17:00:00Z: weekend.',
      ...CHANGED_LINES, ...GREW_LINES, '',
      'NODE   ROLES    POOL      STATE     STEP   FOR   VERSION              NOTE',
      'w1     worker   default   pending                v1.33.13 → v1.34.4',
      'w3     worker   default   skipped                v1.33.13 → v1.34.4   gone',
      'w4     worker   default   done                   v1.34.4              upgraded by hand', '',
    ]);
  });
  test('show why it stays paused, and that the cluster is being read', async () => {
    assert.deepEqual((await shown(STUCK)).slice(1, 4), [
      'Paused by ann@ops-1 at 2026-11-20 17:00:00Z: weekend. Go on with: capstan resume --cluster prod-eu',
      'Stays paused: ApiUnreachable: the API of prod-eu does not answer', '  Next: `capstan resume --cluster prod-eu` looks again',
    ]);
    assert.deepEqual((await shown({ ...STUCK, resuming: { by: 'ann@ops-1', reason: '', at: NOW } })).slice(1, 4), [
      'Paused by ann@ops-1 at 2026-11-20 17:00:00Z: weekend.', 'ann@ops-1 wants to go on since 2026-11-21 12:10:00Z: the cluster is read again first.', '',
    ]);
  });
  test('are the same as JSON', async () => {
    const { out } = await capstan(fakeClient({ status: [GREW] }), ['status', '-o', 'json']);
    const { approval, resumed } = JSON.parse(out);
    assert.deepEqual([approval, resumed], [GREW.approval, CHANGED]);
  });
  test('watch tells each change of a pause once, goes on while the cluster is read, and ends with 4 where a plan waits', async () => {
    const paused = testStatus({ state: 'paused', pause: PAUSE, nodes: NODES, resuming: { by: 'ann@ops-1', reason: '', at: NOW } });
    const { code, out, err } = await capstan(fakeClient({ status: [paused, GREW] }), ['watch']);
    assert.equal(code, 4);
    assert.ok(out.includes(CHANGED_LINES.map((line) => `12:10:00  ${line}\n`).join('')), out);
    assert.match(err, /paused and waits for a person: the plan grew: w8, w9\. Go on with: capstan approve --cluster prod-eu\n$/);
  });
  test('of an upgrade that waits for its first yes say how to give it', async () => {
    assert.deepEqual((await shown(START)).slice(1, 4), ['The plan waits for approval; nothing was changed yet.', '  Plan hash', '  Go on with: capstan approve --cluster prod-eu']);
  });
});

test('pause after a roll back is not sent where none was asked for', async () => {
  const client = fakeClient({ found: FOUND });
  const { code, err } = await capstan(client, ['pause', '--after', 'rolling-back']);
  assert.equal(code, 64);
  assert.match(err, /no roll back of all workers was asked for/);
  assert.deepEqual(client.sent, []);
});
