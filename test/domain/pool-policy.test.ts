import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { applyPolicy, drainNow, policyWithin, poolWidth } from '../../workflows/domain/pool-policy.ts';
import type { PolicyChange, PoolPolicy } from '../../workflows/domain/pool-policy.ts';
import { DEFAULT_DRAIN } from '../../workflows/domain/drain-policy.ts';
import { testPlan } from '../workflows/fake-cluster.ts';

/** Ten nodes in the pool default, two of them moved to a pool of their own. */
const PLAN: UpgradePlan = (() => {
  const plan = testPlan(3, 10, 2);
  const nodes = plan.nodes.map((node) => (node.name === 'w9' || node.name === 'w10' ? { ...node, pool: 'gpu' } : node));
  return { ...plan, nodes, phases: [...plan.phases, { phase: 'workers', hop: 0, pool: 'gpu', maxUnavailable: 1, groups: [['w9', 'w10']] }] };
})();

function change(parts: Partial<PolicyChange>): PolicyChange {
  return { pool: null, maxUnavailable: null, drainTimeout: null, ...parts };
}

function set(parts: Partial<PolicyChange>, before: readonly PoolPolicy[] = []): readonly PoolPolicy[] {
  const result = applyPolicy(before, change(parts), PLAN);
  return result.ok ? result.policy : assert.fail(result.refusal);
}

describe('what is set while an upgrade runs', () => {
  it('holds for every pool where none is named, drains of the control plane included', () => {
    const policy = set({ maxUnavailable: 1, drainTimeout: '30m' });
    assert.deepEqual(policy, [
      { pool: null, maxUnavailable: null, drainTimeoutSeconds: 1800 },
      { pool: 'default', maxUnavailable: 1, drainTimeoutSeconds: 1800 }, { pool: 'gpu', maxUnavailable: 1, drainTimeoutSeconds: 1800 },
    ]);
    assert.equal(drainNow(policy, null, DEFAULT_DRAIN).timeoutSeconds, 1800);
  });

  it('holds for one pool where it is named, and leaves what was set before', () => {
    const policy = set({ pool: 'default', maxUnavailable: '50%' }, set({ drainTimeout: '1h' }));
    assert.equal(poolWidth(policy, PLAN, 'default'), 4);
    assert.equal(poolWidth(policy, PLAN, 'gpu'), 1);
    assert.equal(drainNow(policy, 'default', DEFAULT_DRAIN).timeoutSeconds, 3600);
  });

  it('is the plan and the spec where nothing was set', () => {
    assert.equal(poolWidth([], PLAN, 'default'), 2);
    assert.equal(poolWidth([], PLAN, null), 1);
    assert.equal(drainNow([], 'default', DEFAULT_DRAIN), DEFAULT_DRAIN);
  });

  const wrong: readonly (readonly [Partial<PolicyChange>, RegExp])[] = [
    [{}, /nothing is set/], [{ pool: 'gpus', maxUnavailable: 1 }, /no pool gpus in this upgrade; pools are default, gpu/],
    [{ pool: 'default', maxUnavailable: 0 }, /default\.maxUnavailable: 0 would let no node be upgraded/],
    [{ pool: 'default', maxUnavailable: 8 }, /8 is not below the total: the pool has 8 nodes/],
    [{ maxUnavailable: 3 }, /gpu\.maxUnavailable: 3 is not below the total: the pool has 2 nodes/],
    [{ pool: 'default', maxUnavailable: '100%' }, /would take the whole pool down/], [{ pool: 'default', maxUnavailable: 'many' }, /neither a count nor/],
    [{ pool: 'default', maxUnavailable: 1.5 }, /no count of nodes/], [{ pool: 'default', maxUnavailable: -1 }, /no count of nodes/],
    [{ drainTimeout: '15' }, /15 is no duration/], [{ drainTimeout: '0s' }, /leaves a drain no time/], [{ drainTimeout: '25h' }, /longer than 24h/],
  ];
  for (const [parts, says] of wrong) {
    it(`is refused with the reason: ${JSON.stringify(parts)}`, () => {
      const result = applyPolicy([], change(parts), PLAN);
      assert.match(result.ok ? '' : result.refusal, says);
    });
  }

  it('stays below the number of nodes that a pool has left, and is let alone where it is', () => {
    const policy = set({ pool: 'default', maxUnavailable: 5, drainTimeout: '1h' });
    const without = (count: number): UpgradePlan => ({ ...PLAN, nodes: PLAN.nodes.filter(({ pool }, index) => pool !== 'default' || index < 3 + 8 - count) });
    assert.equal(policyWithin(policy, without(0)), policy);
    assert.equal(policyWithin(policy, without(2)), policy);
    assert.deepEqual([3, 6, 7, 8].map((gone) => poolWidth(policyWithin(policy, without(gone)), PLAN, 'default')), [4, 1, 1, 1]);
    assert.equal(drainNow(policyWithin(policy, without(6)), 'default', DEFAULT_DRAIN).timeoutSeconds, 3600);
  });

  it('never takes a pool down as a whole, whatever is asked for', () => {
    fc.assert(fc.property(fc.oneof(fc.integer(), fc.double(), fc.integer({ min: -10, max: 200 }).map((value) => `${value}%`), fc.string()), fc.constantFrom(null, 'default', 'gpu'), (maxUnavailable, pool) => {
      const result = applyPolicy([], change({ pool, maxUnavailable }), PLAN);
      if (!result.ok) return;
      assert.ok([poolWidth(result.policy, PLAN, 'default'), poolWidth(result.policy, PLAN, 'gpu')].every((width) => width >= 1));
      assert.ok(poolWidth(result.policy, PLAN, 'default') < 8 && poolWidth(result.policy, PLAN, 'gpu') < 2);
    }));
  });
});
