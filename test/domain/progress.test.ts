import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PROGRESS_BYTES, progressTable } from '../../workflows/domain/progress.ts';
import { NODE_STATES } from '../../workflows/domain/state.ts';
import type { NodeStatus, UpgradeStatus } from '../../workflows/domain/status.ts';
import { NEW, OLD } from './cluster.ts';

function node(name: string, parts: Partial<NodeStatus> = {}): NodeStatus {
  return { name, roles: ['worker'], pool: 'default', state: 'pending', step: null, since: null, from: OLD, to: NEW, failure: null, ...parts };
}

function status(nodes: readonly NodeStatus[], parts: Partial<UpgradeStatus> = {}): UpgradeStatus {
  return {
    cluster: 'prod', from: OLD, to: NEW, state: 'running', phase: 'workers', startedAt: '2026-01-01T10:00:00.000Z', startedBy: 'ops@desk', planHash: 'abc',
    pause: null, cancel: null, policy: [], decisions: [], failure: null, findings: [], nodes, ...parts,
  };
}

describe('the table of the Web UI', () => {
  it('has a line for each node', () => {
    const table = progressTable(status([
      node('cp-1', { roles: ['etcd', 'control-plane'], pool: null, state: 'done', step: 'uncordonNode', since: '2026-01-01T10:04:05.678Z' }),
      node('w-1', { state: 'draining', step: 'drainNode', since: '2026-01-01T10:05:06.789Z' }),
    ]));
    assert.equal(table, [
      '**prod** v1.33.13 → v1.34.4: **running**, phase workers', '',
      '| Node | Roles | Pool | State | Step | Since | Version | Note |', '| --- | --- | --- | --- | --- | --- | --- | --- |',
      '| cp-1 | etcd, control-plane |  | done | uncordonNode | 10:04:05 | v1.34.4 |  |',
      '| w-1 | worker | default | draining | drainNode | 10:05:06 | v1.33.13 → v1.34.4 |  |',
    ].join('\n'));
  });

  it('says who paused and why, and what failed', () => {
    const table = progressTable(status([], { pause: { by: 'ops@desk', reason: 'lunch', at: '2026-01-01T12:00:00Z' }, failure: { type: 'DrainTimeout', message: 'w-1: 2 pods left' } }));
    assert.match(table, /Paused by ops@desk at 12:00:00 \(lunch\)\./);
    assert.match(table, /DrainTimeout: w-1: 2 pods left/);
  });

  it('says what changed while it was paused, why it stays so, and which plan waits', () => {
    const resumed = { at: '2026-01-01T12:00:00Z', by: 'ann', changes: { lines: ['w-2: gone, left out', 'w-3: *'], more: 4 }, problem: null };
    const table = progressTable(status([node('w-2', { state: 'skipped', note: 'gone' })], {
      state: 'paused', resumed, approval: { planHash: 'def', kind: 'growth', reason: 'the plan grew: w-9', growth: { lines: ['w-9: new'], more: 0 } },
    }));
    assert.match(table, /Changed while paused: w-2: gone, left out; w-3: \\\*; and 4 more\.\n\nWaits for approval of plan def: the plan grew: w-9\.\n/);
    assert.match(table, /\| w-2 \| .* \| gone \|$/);
    const stuck = progressTable(status([], { pause: { by: 'ann', reason: '', at: '2026-01-01T12:00:00Z' }, resumed: { ...resumed, changes: { lines: [], more: 0 }, problem: { type: 'ApiUnreachable', message: 'no answer' } } }));
    assert.match(stuck, /Stays paused: ApiUnreachable: no answer$/m);
  });

  it('says what the plan that waits would do, with whole digests, as text and within its bytes', () => {
    const digest = 'a1'.repeat(32);
    const executes = [['Packages', 'from http://evil.example/*'], ['Add-on', `cni: /etc/cni.yaml, 7 bytes, SHA-256 ${digest}`], ...Array.from({ length: 40 }, () => ['Patch', '世'.repeat(900)] as const)] as const;
    const table = progressTable(status(Array.from({ length: 500 }, (_, index) => node(`w-${index}`)), { executes, approval: { planHash: 'def', kind: 'start', reason: 'waits for approval', growth: { lines: [], more: 0 } } }));
    assert.match(table, /\nPackages: from http:\/\/evil\.example\/\\\*  \nAdd-on: cni: \/etc\/cni\.yaml, 7 bytes, SHA-256 (a1){32}  \n/);
    assert.match(table, /and 30 more: see `capstan status`\n/);
    assert.ok(new TextEncoder().encode(table).length <= PROGRESS_BYTES);
  });

  it('shows text of hosts and people as it is, never as Markdown or HTML', () => {
    const table = progressTable(status([node('w-1', { state: 'held', failure: { type: 'HostStepFailed', message: 'a | b\n<img src=x> [x](http://y) `z`' } })]));
    assert.match(table, /HostStepFailed: a \\\| b \\<img src=x\\> \\\[x\\\]\(http:\/\/y\) \\`z\\` \|$/);
  });

  it('of 5,000 nodes counts the states and lists who is in flight or held, held first', () => {
    const nodes = Array.from({ length: 5000 }, (_, index) => node(`w-${index}`, index === 7 ? { state: 'draining' } : index === 9 ? { state: 'held' } : index < 7 ? { state: 'done' } : {}));
    const table = progressTable(status(nodes));
    assert.match(table, /\| pending \| 4991 \|/);
    assert.match(table, /\| done \| 7 \|/);
    assert.ok(table.indexOf('| w-9 |') < table.indexOf('| w-7 |'));
    assert.ok(!table.includes('| w-8 |'));
    assert.ok(!table.includes('more in flight'));
  });

  it('says how many more are in flight than fit', () => {
    const table = progressTable(status(Array.from({ length: 5000 }, (_, index) => node(`w-${index}`, { state: 'draining', step: 'drainNode' }))));
    const shown = table.split('\n').filter((line) => line.startsWith('| w-')).length;
    assert.match(table, new RegExp(`${5000 - shown} more in flight or held`));
    assert.ok(shown > 100);
  });

  it('never exceeds its bytes', () => {
    const anyNode = fc.record({ name: fc.string({ maxLength: 253, unit: 'grapheme' }), state: fc.constantFrom(...NODE_STATES), message: fc.string({ maxLength: 3000, unit: 'grapheme' }) }, { noNullPrototype: true })
      .map(({ name, state, message }) => node(name, { state, failure: { type: 'Unexpected', message } }));
    fc.assert(fc.property(fc.array(anyNode, { maxLength: 300 }), fc.integer({ min: 1, max: 20 }), (nodes, times) => {
      const many = Array.from({ length: times }, () => nodes).flat();
      assert.ok(new TextEncoder().encode(progressTable(status(many))).length <= PROGRESS_BYTES);
    }), { numRuns: 40 });
  });
});
