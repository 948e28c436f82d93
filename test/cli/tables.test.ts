import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusTable } from '../../client/render/status.ts';
import { table } from '../../client/render/table.ts';
import { elapsed, plain } from '../../client/render/text.ts';
import { liveArea } from '../../client/render/live.ts';
import type { RunningStep } from '../../client/temporal/port.ts';
import { capstan, fakeClient, node, NOW, testReport, testStatus } from './fake-client.ts';

const OPTIONS = { colour: false, columns: null, isWide: false, nowMs: Date.parse(NOW) };
const DRAIN: RunningStep = {
  node: 'w1', step: 'drainNode', attempt: 1, startedAt: NOW, message: '2 pods left', failure: null,
  blockers: [{ pod: 'shop/web-1', budget: 'shop/web', reason: 'needs 5 ready, has 5', seconds: 40 }, { pod: 'shop/web-2', budget: 'shop/web', reason: '', seconds: 40 }],
};

test('status shows each node, what it waits for and for how long', async () => {
  const { code, out } = await capstan(fakeClient({}, { activities: async () => [DRAIN] }), ['status']);
  assert.equal(code, 0);
  assert.equal(out, [
    'prod-eu  v1.33.13 → v1.34.4  running, phase workers, 1/3 nodes done, for 10m00s by ada@ops-1',
    '',
    'NODE   ROLES                POOL      STATE      STEP        FOR     VERSION              NOTE',
    'cp1    etcd,control-plane             done                           v1.34.4',
    'w1     worker               default   draining   drainNode   2m05s   v1.33.13 → v1.34.4   2 pods left; waits for shop/web-1 (budget shop/web) and 1 more',
    'w2     worker               default   pending                        v1.33.13 → v1.34.4',
    '',
  ].join('\n'));
});

test('status shows what went back at its former version, and what still can', () => {
  const wayBack = ['1 upgraded worker goes back by `capstan rollback NODE`'];
  const out = statusTable({ ...testStatus({ wayBack, nodes: [node('w1', { state: 'rolled-back', step: null, since: NOW }), node('w2', { state: 'done' })] }), activities: [] }, OPTIONS);
  assert.deepEqual(out.split('\n').slice(2), [
    'NODE   ROLES    POOL      STATE         STEP   FOR   VERSION    NOTE',
    'w1     worker   default   rolled-back                v1.33.13',
    'w2     worker   default   done                       v1.34.4',
    '',
    'Way back: 1 upgraded worker goes back by `capstan rollback NODE`',
  ]);
});

test('a report of workers that went back says what stays, and who decided', async () => {
  const decision = { at: NOW, kind: 'rollback', node: null, by: 'ann@ops-1', reason: 'errors rise', detail: 'workers', refusal: null } as const;
  const findings = [{ check: 'rolled-back', severity: 'warn', node: null, message: '2 workers are back. The control plane stays at v1.34.4', next: null }] as const;
  const { out } = await capstan(fakeClient({}, { report: async () => ({ ...testReport(), state: 'rolled-back', findings, decisions: [decision] }) }), ['report']);
  assert.match(out, /^2 workers are back\. The control plane stays at v1\.34\.4$/m);
  assert.match(out, /ann@ops-1 {2}rollback workers: errors rise$/m);
});

test('status and report say what is ignored, as text that steers no terminal', async () => {
  const executes = [['Ignored', 'checks, by --ignore: host-swap@w1\u001B[2J']] as const;
  const { out } = await capstan(fakeClient({ status: [testStatus({ executes })] }), ['status']);
  assert.match(out, /^ {2}Ignored {2}checks, by --ignore: host-swap@w1$/m);
  const report = await capstan(fakeClient({}, { report: async () => ({ ...testReport(), ignored: executes }) }), ['report']);
  assert.match(report.out, /^ {2}Ignored {2}checks, by --ignore: host-swap@w1$/m);
});

test('status as JSON is the answer of the query and the running steps', async () => {
  const { out } = await capstan(fakeClient({}, { activities: async () => [DRAIN] }), ['status', '-o', 'json']);
  assert.deepEqual(JSON.parse(out), { ...testStatus(), activities: [DRAIN] });
});

test('status says who paused, what failed, and the next command', () => {
  const failure = { type: 'DrainTimeout', message: 'shop/web-1 was still there after 15m\nbudget shop/web', next: 'look at the budget' } as const;
  const view = {
    ...testStatus({ state: 'held', pause: { by: 'bob@ops-2', reason: 'lunch', at: NOW }, nodes: [node('w1', { state: 'held', step: 'drainNode', failure, since: NOW })] }),
    activities: [{ ...DRAIN, node: null, step: 'upgradeAddon', attempt: 3, message: null, blockers: [], failure: { type: 'ApiUnreachable', message: 'timed out' } as const }],
  };
  assert.equal(statusTable(view, OPTIONS), [
    'prod-eu  v1.33.13 → v1.34.4  held, phase workers, 0/1 nodes done, for 10m00s by ada@ops-1',
    'Paused by bob@ops-2 at 2026-11-21 12:10:00Z: lunch. Go on with: capstan resume --cluster prod-eu',
    '',
    'NODE   ROLES    POOL      STATE   STEP        FOR   VERSION              NOTE',
    'w1     worker   default   held    drainNode   0s    v1.33.13 → v1.34.4   DrainTimeout: shop/web-1 was still there after 15m',
    '',
    'upgradeAddon: attempt 3, after ApiUnreachable: timed out',
    'w1 is held at drainNode: DrainTimeout: shop/web-1 was still there after 15m',
    'budget shop/web',
    '  Next: look at the budget',
    '  Then: capstan retry w1 --cluster prod-eu, or capstan skip w1 --cluster prod-eu',
    '  Or, to delete the pods that are left, past their budgets: capstan force-drain w1 --confirm prod-eu',
  ].join('\n'));
});

test('status says what was set, who cancelled, and the last decisions, refused ones with the reason', () => {
  const said = { node: null, by: 'bob@ops-2', reason: '', detail: '', refusal: null } as const;
  const view = {
    ...testStatus({
      nodes: [], cancel: { by: 'bob@ops-2', reason: 'wrong\u001B[2J cluster', at: NOW },
      policy: [{ pool: null, maxUnavailable: null, drainTimeoutSeconds: 1800 }, { pool: 'gpu', maxUnavailable: 3, drainTimeoutSeconds: 1800 }],
      decisions: [
        { ...said, at: NOW, kind: 'resume' }, { ...said, at: NOW, kind: 'retry', node: 'w1', reason: 'swap is off', detail: 'from drainNode' },
        { ...said, at: NOW, kind: 'pause', detail: 'after cp1', refusal: 'cp1 is done already' }, { ...said, at: NOW, kind: 'cancel', reason: 'wrong\ncluster' },
      ],
    }),
    activities: [],
  };
  assert.equal(statusTable(view, OPTIONS), [
    'prod-eu  v1.33.13 → v1.34.4  running, phase workers, 0/0 nodes done, for 10m00s by ada@ops-1',
    'Cancelled by bob@ops-2 at 2026-11-21 12:10:00Z: wrong cluster.',
    'Set for the control plane: drainTimeout=30m00s',
    'Set for pool gpu: maxUnavailable=3, drainTimeout=30m00s',
    '',
    'Decisions (the last 3; 1 before them in `capstan report`):',
    '  2026-11-21 12:10:00Z  bob@ops-2  retry w1 from drainNode: swap is off',
    '  2026-11-21 12:10:00Z  bob@ops-2  pause after cp1  refused: cp1 is done already',
    '  2026-11-21 12:10:00Z  bob@ops-2  cancel: wrong cluster',
  ].join('\n'));
});

test('a node that does not tell its steps is shown in the step that Temporal sees', () => {
  const view = { ...testStatus({ nodes: [node('w1', { state: 'preparing', step: 'upgradeKubeadm' }), node('w2', { state: 'held', step: 'drainNode' })] }), activities: [{ ...DRAIN, node: 'w1', step: 'upgradeKubelet' }] };
  assert.match(statusTable(view, OPTIONS), /\nw1 .* upgrading +upgradeKubelet .*\nw2 .* held +drainNode /);
});

test('status offers no skip for a control-plane node that has begun to change', () => {
  const cp = node('cp1', { state: 'held', roles: ['etcd', 'control-plane'], step: 'upgradeKubelet', failure: { type: 'HostStepFailed', message: 'no' } });
  const text = statusTable({ ...testStatus({ nodes: [cp] }), activities: [] }, OPTIONS);
  assert.match(text, /Then: capstan retry cp1 --cluster prod-eu$/);
  assert.match(statusTable({ ...testStatus({ nodes: [{ ...cp, step: 'upgradeKubeadm' }] }), activities: [] }, OPTIONS), /or capstan skip cp1/);
});

test('report shows every decision', async () => {
  const decisions = Array.from({ length: 5 }, (_, index) => ({ at: NOW, kind: 'skip' as const, node: `w${index}`, by: 'ann', reason: '', detail: '', refusal: null }));
  const { out } = await capstan(fakeClient({}, { report: async () => ({ ...testReport(), decisions }) }), ['report']);
  assert.match(out, /Decisions:\n(?: {2}2026-11-21 12:10:00Z {2}ann {2}skip w\d\n){5}/);
});

test('report lists steps with their tries, and the share of the wall clock that was the engine\'s', async () => {
  const { out } = await capstan(fakeClient(), ['report']);
  assert.equal(out, [
    'prod-eu  v1.33.13 → v1.34.4  done, started 2026-11-21 12:00:00Z by ada@ops-1',
    '',
    'NODE   STEP           STARTED                SECONDS   ATTEMPTS   NOTE',
    '       runPreflight   2026-11-21 12:00:00Z   12.3      1          0 findings',
    'w1     drainNode      2026-11-21 12:00:00Z   12.3      2          6 pods moved',
    '',
    'Wall clock 10m00s, of which the engine\'s own 1.2 s (0.2 %)',
    '',
  ].join('\n'));
  assert.deepEqual(JSON.parse((await capstan(fakeClient(), ['report', '-o', 'json'])).out), testReport());
});

test('list shows running upgrades and those that have ended', async () => {
  const { out } = await capstan(fakeClient(), ['list']);
  assert.equal(out, [
    'CLUSTER   STATE     PHASE     TARGET    STARTED                TOOK     BY',
    'prod-eu   running   workers   v1.34.4   2026-11-21 12:00:00Z   10m00s   ada@ops-1',
    'stage     done      done      v1.34.4   2026-11-21 12:00:00Z   4m10s    ada@ops-1',
    '',
  ].join('\n'));
});

test('a table is cut at the terminal\'s edge and nowhere else', () => {
  const rows = [['a', 'a long message']];
  assert.equal(table(['X', 'NOTE'], rows, { colour: false, columns: 12 }), 'X   NOTE\na   a long …');
  assert.equal(table(['X', 'NOTE'], rows, { colour: false, columns: null }), 'X   NOTE\na   a long message');
});

test('what a host says cannot steer the terminal', () => {
  assert.equal(plain('\u001B[31mred\u001B[0m\u0007\r\nnext\u001B]0;title\u0007'), 'red\nnext]0;title');
  assert.doesNotMatch(table(['N'], [['\u001B[2Jx\ny']], { colour: false, columns: null }), /\u001B|x\ny/);
});

test('no text shows itself as another: what turns the direction of writing, or has no width, is taken out', () => {
  const hidden = ['\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069', '\u200B', '\u200C', '\u200D', '\u200E', '\u200F', '\u2060', '\uFEFF', '\u061C', '\u00AD', '\u2028', '\u{E0041}', '\u0085', '\u009B'];
  for (const character of hidden) assert.equal(plain(`w1${character}live`), 'w1live', character.codePointAt(0)?.toString(16));
  assert.equal(plain('Müller 節点 — ok'), 'Müller 節点 — ok');
});

test('times are two parts at most', () => {
  assert.deepEqual([0, 59_999, 61_000, 7_500_000, 300_000_000].map(elapsed), ['0s', '59s', '1m01s', '2h05m', '3d11h']);
});

test('a live area draws over itself, only on change, and never more than the screen', () => {
  const written: string[] = [];
  const terminal = {
    isLive: true, canAsk: false, colour: false, columns: () => 10, rows: () => 4,
    out: (text: string): void => { written.push(text); }, say: () => undefined, ask: () => Promise.resolve(''), now: () => 0,
  };
  const area = liveArea(terminal);
  area.draw('one\ntwo');
  area.draw('one\ntwo');
  area.draw('\u001B[31mlonger than ten\u001B[0m\n2\n3\n4\n5');
  assert.deepEqual(written, ['\r\u001B[0Jone\ntwo\n', '\u001B[2A\r\u001B[0J\u001B[31mlonger th…\u001B[0m\n2\n… 3 more …\n']);
});
