import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { markFirst, nextControlPlaneNode } from '../../workflows/domain/control-plane-order.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { labCluster, spec } from './cluster.ts';

describe('the next control-plane node', () => {
  it('is a follower, in plan order', () => {
    assert.equal(nextControlPlaneNode(['cp-1', 'cp-2', 'cp-3'], 'cp-1'), 'cp-2');
    assert.equal(nextControlPlaneNode(['cp-1', 'cp-2', 'cp-3'], null), 'cp-1');
  });
  it('is the leader only when it is the last, and nobody when none is left', () => {
    assert.equal(nextControlPlaneNode(['cp-1'], 'cp-1'), 'cp-1');
    assert.equal(nextControlPlaneNode([], 'cp-1'), null);
  });
  it('leaves a leader that never moves for the end', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat({ max: 20 }).map((index) => `cp-${index}`), { minLength: 1, maxLength: 7 }), fc.nat(), (names, pick) => {
      const leader = names[pick % names.length] ?? null;
      let pending: readonly string[] = names;
      const order: string[] = [];
      for (let next = nextControlPlaneNode(pending, leader); next !== null; next = nextControlPlaneNode(pending, leader)) {
        order.push(next);
        pending = pending.filter((name) => name !== next);
      }
      assert.equal(order.at(-1), leader);
      assert.deepEqual(order.slice(0, -1), names.filter((name) => name !== leader));
    }));
  });
});

describe('the role of kubeadm upgrade apply', () => {
  function nodes() {
    const result = planUpgrade(spec(), labCluster());
    assert.ok(result.ok);
    return result.plan.nodes;
  }
  it('passes to the node that goes first', () => {
    assert.deepEqual(markFirst(nodes(), 'cp-2').filter((node) => node.first).map((node) => node.name), ['cp-2']);
  });
  it('is given to nobody once apply is done', () => {
    const applied = nodes().map((node) => ({ ...node, first: false }));
    assert.equal(markFirst(applied, 'cp-2'), applied);
  });
});
