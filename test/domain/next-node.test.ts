import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextNode, orderByDrain, widthNow } from '../../workflows/domain/next-node.ts';
import type { WindowLimits, WindowNode } from '../../workflows/domain/next-node.ts';
import { compareNames } from '../../workflows/domain/order.ts';

function node(name: string, parts: Partial<WindowNode> = {}): WindowNode {
  return { name, zone: null, drainSeconds: 0, budgets: [], ...parts };
}

function limits(parts: Partial<WindowLimits> = {}): WindowLimits {
  return { width: 3, perZone: {}, allowed: [], ...parts };
}

describe('the next node', () => {
  it('is the longest expected drain, and by name where they are the same', () => {
    const ordered = orderByDrain([node('w10'), node('w2'), node('w3', { drainSeconds: 40 })], compareNames);
    assert.deepEqual(ordered.map(({ name }) => name), ['w3', 'w2', 'w10']);
  });

  it('leaves one slot in ten free until a node of the pool can take what is evicted', () => {
    assert.deepEqual([1, 9, 10, 25, 100].map((width) => widthNow(width, false)), [1, 9, 9, 23, 90]);
    assert.deepEqual([1, 9, 10, 25, 100].map((width) => widthNow(width, true)), [1, 9, 10, 25, 100]);
  });

  it('waits for a slot', () => {
    const inFlight = [node('a'), node('b')];
    assert.equal(nextNode(limits({ width: 2 }), [node('c')], inFlight), null);
    assert.equal(nextNode(limits({ width: 2 }), [node('c')], [node('a')])?.name, 'c');
  });

  it('is of another zone where its own is full, and of a node without zone only the width is asked', () => {
    const inFlight = [node('a', { zone: 'x' })];
    const pending = [node('b', { zone: 'x' }), node('c', { zone: 'y' })];
    assert.equal(nextNode(limits({ perZone: { x: 1, y: 1 } }), pending, inFlight)?.name, 'c');
    assert.equal(nextNode(limits({ perZone: { x: 1, y: 1 } }), pending.slice(0, 1), inFlight), null);
    assert.equal(nextNode(limits({ perZone: { x: 1 } }), [node('d')], inFlight)?.name, 'd');
  });

  it('does not drain together with one whose budget has no room for both, and does once that one is drained', () => {
    const share = (pods: number) => [{ budget: 0, pods }];
    const pending = [node('b', { budgets: share(1) }), node('c')];
    assert.equal(nextNode(limits({ allowed: [1] }), pending, [node('a', { budgets: share(1) })])?.name, 'c');
    assert.equal(nextNode(limits({ allowed: [2] }), pending, [node('a', { budgets: share(1) })])?.name, 'b');
    assert.equal(nextNode(limits({ allowed: [1] }), pending, [node('a')])?.name, 'b');
  });

  it('starts alone whatever its budgets allow', () => {
    assert.equal(nextNode(limits({ allowed: [0] }), [node('a', { budgets: [{ budget: 0, pods: 9 }] })], [])?.name, 'a');
  });
});

const anyNode = fc.record({
  zone: fc.constantFrom(null, 'x', 'y', 'z'), drainSeconds: fc.nat(100),
  budgets: fc.uniqueArray(fc.record({ budget: fc.nat(4), pods: fc.integer({ min: 1, max: 4 }) }), { maxLength: 3, selector: ({ budget }) => budget }),
});
const anyWindow = fc.record({
  nodes: fc.array(anyNode, { minLength: 1, maxLength: 25 }), width: fc.integer({ min: 1, max: 6 }),
  perZone: fc.record({ x: fc.integer({ min: 1, max: 3 }), y: fc.integer({ min: 1, max: 3 }) }), allowed: fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }),
  ends: fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
});

describe('any window', () => {
  it('ends with every node upgraded once, never beyond width, zone or a shared budget', () => {
    fc.assert(fc.property(anyWindow, ({ nodes, ends, ...rest }) => {
      let pending = orderByDrain(nodes.map((parts, index) => node(`w${index}`, parts)), compareNames);
      const inFlight: WindowNode[] = [];
      const started: string[] = [];
      for (let turn = 0; pending.length > 0 || inFlight.length > 0; turn += 1) {
        for (let next = nextNode(rest, pending, inFlight); next !== null; next = nextNode(rest, pending, inFlight)) {
          const { name } = next;
          pending = pending.filter((other) => other.name !== name);
          inFlight.push(next);
          started.push(name);
          holds(rest, inFlight);
        }
        assert.ok(inFlight.length > 0, 'a window with pending nodes has one in flight');
        inFlight.splice((ends[turn % ends.length] ?? 0) % inFlight.length, 1);
      }
      assert.deepEqual(started.toSorted(), nodes.map((_, index) => `w${index}`).toSorted());
    }));
  });
});

function holds({ width, perZone, allowed }: WindowLimits, inFlight: readonly WindowNode[]): void {
  assert.ok(inFlight.length <= width);
  for (const [zone, most] of Object.entries(perZone)) assert.ok(inFlight.filter((other) => other.zone === zone).length <= most);
  for (const [budget, most] of allowed.entries()) {
    const shares = inFlight.flatMap((other) => other.budgets.filter((share) => share.budget === budget));
    assert.ok(shares.length <= 1 || shares.reduce((sum, { pods }) => sum + pods, 0) <= most);
  }
}
