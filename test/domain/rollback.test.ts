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
  return { cluster: 'prod', etcd: 'stacked', snapshot: { node: 'cp2', file: '/s.db' }, phase: 'workers', nodes, decisions: [], ...change };
}

const ALL: RollbackDecision = { scope: 'workers', node: null, by: 'ann', reason: '', at: '2026-11-21T12:00:00.000Z' };

function asked(name: string | null): RollbackRequest {
  return { scope: name === null ? 'workers' : 'node', node: name, confirm: '', by: 'ann', reason: '' };
}

describe('what a person typed', () => {
  const cases: readonly (readonly [string | null, string | null, RegExp])[] = [
    [null, null, /the scope is node, workers, cluster, not absent/], ['pool', null, /the scope is node, workers, cluster, not pool/], ['cluster', 'cp1', /leave the node out/],
    ['node', null, /needs the name of a node/], ['workers', 'w1', /leave the node out/],
  ];
  for (const [scope, named, reason] of cases) {
    test(`is refused with the reason: ${scope} ${named}`, () => {
      const read = readRollback({ scope, node: named, confirm: '', by: 'ann', reason: '' });
      assert.match(typeof read === 'string' ? read : 'taken', reason);
    });
  }
  test('is taken where it is whole', () => {
    assert.deepEqual(readRollback({ scope: 'node', node: 'w1', confirm: '', by: 'ann', reason: 'broken' }), { scope: 'node', node: 'w1', confirm: '', by: 'ann', reason: 'broken' });
    assert.deepEqual(readRollback({ scope: 'cluster', node: null, confirm: 'prod', by: 'unknown', reason: '' }), { scope: 'cluster', node: null, confirm: 'prod', by: 'unknown', reason: '' });
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
    const { confirm: _confirm, ...request } = asked(each.name);
    const decision: RollbackDecision = { ...request, at: '' };
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
  const lines = wayBack(view([node('cp1'), node('cp2', { state: 'held', step: 'upgradeKubeadm', changed: false }), node('w1'), node('w2', { state: 'held', step: 'drainNode', changed: false })]));
  assert.deepEqual(lines, [
    'kubeadm has changed the control plane of cp1: no way back alone, only by the etcd snapshot /s.db (cp2), `capstan rollback --scope cluster --confirm prod`',
    'held, and not yet past it: `capstan rollback cp2`, `capstan rollback w2`',
    '1 upgraded worker goes back by `capstan rollback NODE`, or all by `capstan rollback --scope workers`, until the upgrade is verified',
  ]);
  const many = Array.from({ length: 7 }, (_, index) => node(`w${index}`, { state: 'held', step: 'drainNode' }));
  assert.match(wayBack(view(many))[0] ?? '', /`capstan rollback w4` and 2 more$/);
  assert.deepEqual(wayBack(view([node('cp1', { state: 'pending', changed: false }), node('w1', { state: 'pending', changed: false })], { phase: 'snapshot' })), []);
  const whole: RollbackDecision = { ...ALL, scope: 'cluster' };
  assert.deepEqual(wayBack(view([node('cp1')], { decisions: [whole] })), []);
});

describe('the whole cluster goes back', () => {
  const upgraded = [node('cp1'), node('cp2', { state: 'pending', changed: false }), node('w1', { state: 'pending', changed: false })];
  const whole = (confirm: string): RollbackRequest => ({ ...asked(null), scope: 'cluster', confirm });
  test('in every phase before the end, once kubeadm may have changed a control-plane node', () => {
    for (const phase of UPGRADE_PHASES) {
      const isOver = ['done', 'rolled-back', 'cancelled', 'failed'].includes(phase);
      assert.equal(rollbackRefusal(whole('prod'), view(upgraded, { phase })) === null, !isOver, phase);
    }
    assert.equal(rollbackRefusal(whole('prod'), view([node('cp1', { state: 'held', step: 'upgradeEtcdMember' })])), null);
  });
  const refused: readonly (readonly [string, Partial<RollbackView>, RegExp])[] = [
    ['where etcd is external', { etcd: 'external' }, /etcd is external.*its own backup/],
    ['before a snapshot was taken', { snapshot: null }, /no etcd snapshot was taken yet.*`capstan cancel`/],
    ['before the control plane has changed', { nodes: [node('cp1', { state: 'preparing', changed: false }), node('w1')] }, /has not changed the control plane: `capstan cancel`/],
    ['where the control plane was at the target before', { nodes: [node('cp1', { changes: false, changed: false }), node('w1')] }, /has not changed the control plane/],
    ['a second time', { decisions: [{ ...ALL, scope: 'cluster' }] }, /prod is being restored already/],
  ];
  for (const [name, change, reason] of refused) {
    test(`not ${name}`, () => { assert.match(rollbackRefusal(whole('prod'), view(upgraded, change)) ?? '', reason); });
  }
  test('only by the very name of the cluster', () => {
    assert.match(rollbackRefusal(whole(''), view(upgraded)) ?? '', /confirm is missing, not the name of the cluster, prod/);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('Prod', ' prod', 'prod ')), (confirm) => {
      fc.pre(confirm !== 'prod');
      assert.notEqual(rollbackRefusal(whole(confirm), view(upgraded)), null);
    }));
  });
});
