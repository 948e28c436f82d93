import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { awaitsRollback, readRollback, rollbackRefusal, rollsBackByItself, wayBack } from '../../workflows/domain/rollback.ts';
import type { RollbackDecision, RollbackNode, RollbackRequest, RollbackView } from '../../workflows/domain/rollback.ts';
import { NODE_STATES, NODE_STEPS, UPGRADE_PHASES } from '../../workflows/domain/state.ts';

function node(name: string, change: Partial<RollbackNode> = {}): RollbackNode {
  return {
    name, roles: name.startsWith('cp') ? ['etcd', 'control-plane'] : ['worker'], state: 'done', step: null, from: 'v1.33.13', to: 'v1.34.4',
    changes: true, changed: true, rollsBack: false, ...change,
  };
}

function view(nodes: readonly RollbackNode[], change: Partial<RollbackView> = {}): RollbackView {
  return { phase: 'workers', nodes, decisions: [], ...change };
}

const ALL: RollbackDecision = { scope: 'workers', node: null, by: 'ann', reason: '', at: '2026-11-21T12:00:00.000Z' };

function asked(name: string | null): RollbackRequest {
  return { scope: name === null ? 'workers' : 'node', node: name, by: 'ann', reason: '' };
}

describe('what a person typed', () => {
  const cases: readonly (readonly [string | null, string | null, RegExp])[] = [
    [null, null, /the scope is node or workers, not absent/], ['cluster', null, /the scope is node or workers, not cluster/],
    ['node', null, /needs the name of a node/], ['workers', 'w1', /leave the node out/],
  ];
  for (const [scope, named, reason] of cases) {
    test(`is refused with the reason: ${scope} ${named}`, () => {
      const read = readRollback({ scope, node: named, by: 'ann', reason: '' });
      assert.match(typeof read === 'string' ? read : 'taken', reason);
    });
  }
  test('is taken where it is whole', () => {
    assert.deepEqual(readRollback({ scope: 'node', node: 'w1', by: 'ann', reason: 'broken' }), { scope: 'node', node: 'w1', by: 'ann', reason: 'broken' });
    assert.deepEqual(readRollback({ scope: 'workers', node: null, by: 'unknown', reason: '' }), { scope: 'workers', node: null, by: 'unknown', reason: '' });
  });
});

describe('a node goes back', () => {
  const allowed: readonly (readonly [string, RollbackNode, Partial<RollbackView>])[] = [
    ['an upgraded worker', node('w1'), {}],
    ['an upgraded worker while add-ons are upgraded', node('w1'), { phase: 'addons' }],
    ['a held worker, wherever it stopped', node('w1', { state: 'held', step: 'upgradeKubeadm', changed: false }), {}],
    ['a held worker whose kubelet has changed', node('w1', { state: 'held', step: 'waitNodeReady' }), {}],
    ['a kubelet three minors older than its API server', node('w1', { from: 'v1.31.2' }), {}],
    ['a held control-plane node that kubeadm has not changed', node('cp1', { state: 'held', step: 'upgradeKubeadm', changed: false }), { phase: 'control-plane' }],
  ];
  for (const [name, each, change] of allowed) {
    test(`${name}: allowed`, () => { assert.equal(rollbackRefusal(asked(each.name), view([each], change)), null); });
  }
  const refused: readonly (readonly [string, RollbackNode, Partial<RollbackView>, RegExp])[] = [
    ['a kubelet four minors older', node('w1', { from: 'v1.30.2' }), {}, /w1 cannot go back to v1\.30\.2: it may be at most 3 minors older/],
    ['a control-plane node that kubeadm has changed', node('cp1', { state: 'held', step: 'drainNode' }), {}, /cannot go back alone/],
    ['an upgraded control-plane node', node('cp1'), {}, /cannot go back alone/],
    ['a control-plane node under way', node('cp1', { state: 'preparing', changed: false }), {}, /cp1 is preparing: it can go back once it is held/],
    ['one that was at the target before', node('w1', { changes: false, changed: false }), {}, /was at v1\.34\.4 before this upgrade/],
    ['one that has not begun', node('w1', { state: 'pending', changed: false }), {}, /has not begun/],
    ['one that was skipped', node('w1', { state: 'skipped' }), {}, /was skipped/],
    ['one that is held while it is staged', node('w1', { state: 'held', step: 'stageNode', changed: false }), { phase: 'snapshot' }, /nothing of w1 has changed/],
    ['one under way', node('w1', { state: 'draining' }), {}, /w1 is draining: it can go back once it is held or done/],
    ['one on its way back', node('w1', { state: 'draining', rollsBack: true }), {}, /going back already/],
    ['one held on its way back', node('w1', { state: 'held', rollsBack: true }), {}, /capstan retry w1/],
    ['one that is back', node('w1', { state: 'rolled-back', rollsBack: true }), {}, /rolled back already/],
    ['one after all workers were decided about', node('w1'), { decisions: [ALL] }, /all workers are going back already/],
    ['an upgraded one while the upgrade is verified', node('w1'), { phase: 'verify' }, /phase verify/],
    ['one of an upgrade that has failed', node('w1', { state: 'held', step: 'drainNode' }), { phase: 'failed' }, /has ended: failed/],
    ['an unknown one', node('w2'), {}, /no node w1/],
  ];
  for (const [name, each, change, reason] of refused) {
    test(`${name}: refused`, () => { assert.match(rollbackRefusal(asked(name === 'an unknown one' ? 'w1' : each.name), view([each], change)) ?? '', reason); });
  }
});

describe('all workers go back', () => {
  const workers = [node('w1'), node('w2', { state: 'pending', changed: false })];
  test('from the phase workers to add-ons, once', () => {
    for (const phase of UPGRADE_PHASES) {
      assert.equal(rollbackRefusal(asked(null), view(workers, { phase })) === null, phase === 'workers' || phase === 'addons', phase);
    }
    assert.match(rollbackRefusal(asked(null), view(workers, { decisions: [ALL] })) ?? '', /already/);
  });
  test('only where one has changed', () => {
    assert.match(rollbackRefusal(asked(null), view([node('w2', { state: 'pending' }), node('w3', { changes: false })])) ?? '', /no worker has changed yet/);
  });
});

const anyNode = fc.record({
  name: fc.constantFrom('cp1', 'w1'), state: fc.constantFrom(...NODE_STATES), step: fc.constantFrom(null, ...NODE_STEPS),
  changes: fc.boolean(), changed: fc.boolean(), rollsBack: fc.boolean(), phase: fc.constantFrom(...UPGRADE_PHASES),
}).map(({ phase, name, ...change }) => ({ phase, node: node(name, change) }));

test('a word that is taken is acted on, and one that is refused is not', () => {
  fc.assert(fc.property(anyNode, ({ node: each, phase }) => {
    const isTaken = rollbackRefusal(asked(each.name), view([each], { phase })) === null;
    const decision: RollbackDecision = { ...asked(each.name), at: '' };
    if (isTaken) assert.equal(awaitsRollback(each, [decision]), true);
    if (each.rollsBack) assert.equal(awaitsRollback(each, [decision, ALL]), false);
  }));
});

test('no word ever takes a control plane back that kubeadm has changed', () => {
  fc.assert(fc.property(anyNode, fc.integer({ min: 0, max: 5 }), ({ node: each, phase }, gone) => {
    if (each.name !== 'cp1') return;
    if (each.changed) assert.notEqual(rollbackRefusal(asked('cp1'), view([each], { phase })), null);
    assert.equal(awaitsRollback(each, [ALL]), false);
    assert.equal(rollsBackByItself(each, gone, 10), false);
  }));
});

test('the spec takes as many workers back as may be down at once', () => {
  const failed = node('w1', { state: 'held', step: 'upgradeKubelet' });
  assert.deepEqual([0, 1, 2, 3].map((gone) => rollsBackByItself(failed, gone, 2)), [true, true, false, false]);
  assert.equal(rollsBackByItself({ ...failed, rollsBack: true }, 0, 2), false);
});

test('status says what can go back and where that is over', () => {
  const lines = wayBack(view([node('cp1'), node('cp2', { state: 'held', step: 'upgradeKubeadm', changed: false }), node('w1'), node('w2', { state: 'held', step: 'drainNode', changed: false })]), { node: 'cp2', file: '/s.db' });
  assert.deepEqual(lines, [
    'kubeadm has changed the control plane of cp1: no way back alone, only by the etcd snapshot /s.db (cp2)',
    'held, and not yet past it: `capstan rollback cp2`, `capstan rollback w2`',
    '1 upgraded worker goes back by `capstan rollback NODE`, or all by `capstan rollback --scope workers`, until the upgrade is verified',
  ]);
  const many = Array.from({ length: 7 }, (_, index) => node(`w${index}`, { state: 'held', step: 'drainNode' }));
  assert.match(wayBack(view(many), null)[0] ?? '', /`capstan rollback w4` and 2 more$/);
  assert.deepEqual(wayBack(view([node('cp1', { state: 'pending', changed: false }), node('w1', { state: 'pending', changed: false })], { phase: 'snapshot' }), null), []);
});
