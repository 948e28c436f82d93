import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextControlPlaneNode } from '../../workflows/domain/control-plane-order.ts';

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
