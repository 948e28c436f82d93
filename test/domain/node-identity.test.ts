/** What of `status.nodeInfo` ties a host to its node. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { amendPlan } from '../../workflows/domain/amend-plan.ts';
import { comparePlans } from '../../workflows/domain/compare-plans.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { machineIdsOf, mayBeSameMachine, provingIds, sharedMachineIds } from '../../workflows/domain/node-identity.ts';
import type { NodeObservation } from '../../workflows/domain/observation.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { cluster, controlPlane, spec, worker } from './cluster.ts';

const [ONE, TWO] = ['1'.repeat(31) + 'a', '2'.repeat(31) + 'b'];
const [UUID_ONE, UUID_TWO] = ['4c4c4544-0042-3510-8048-b4c04f4d3132', '4C4C4544-0042-3510-8048-B4C04F4D3133'];

describe('ids of a machine', () => {
  it('count only where they are ids', () => {
    for (const none of [undefined, '', 'uninitialized', '0'.repeat(32), 'f'.repeat(32), ONE.slice(1), `${ONE}0`, 'machine one']) assert.equal(machineIdsOf(none, undefined).machineId, null, none);
    for (const none of [undefined, '', 'Not Settable', '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', ONE]) assert.equal(machineIdsOf(undefined, none).systemUuid, null, none);
    assert.deepEqual(machineIdsOf(` ${ONE}\n`, UUID_TWO), { machineId: ONE, systemUuid: UUID_TWO });
  });

  it('tie a host to its node where no other node reports the same', () => {
    const node = (name: string, machineId: string | null, systemUuid: string | null) => ({ name, machineId, systemUuid });
    const proofs = (...nodes: readonly ReturnType<typeof node>[]): unknown => Object.fromEntries(provingIds(nodes));
    assert.deepEqual(proofs(node('a', ONE, UUID_ONE), node('b', TWO, UUID_ONE)), { a: { machineId: ONE, systemUuid: null }, b: { machineId: TWO, systemUuid: null } });
    assert.deepEqual(proofs(node('a', ONE, UUID_ONE), node('b', ONE.toUpperCase(), UUID_TWO)), { a: { machineId: null, systemUuid: UUID_ONE }, b: { machineId: null, systemUuid: UUID_TWO } });
    assert.deepEqual(proofs(node('a', ONE, UUID_ONE), node('b', ONE, UUID_ONE.toUpperCase())), { a: { machineId: null, systemUuid: null }, b: { machineId: null, systemUuid: null } });
    assert.deepEqual(proofs(node('a', null, null), node('b', null, UUID_ONE)), { a: { machineId: null, systemUuid: null }, b: { machineId: null, systemUuid: UUID_ONE } });
    assert.deepEqual(Object.fromEntries(sharedMachineIds([node('a', ONE, null), node('b', ONE.toUpperCase(), null), node('c', TWO, null), node('d', null, null), node('e', null, null)])), { [ONE]: ['a', 'b'] });
  });

  it('differ only where both are known', () => {
    const ids = (machineId: string | null, systemUuid: string | null) => ({ machineId, systemUuid });
    assert.ok(mayBeSameMachine(ids(ONE, null), ids(ONE.toUpperCase(), UUID_ONE)));
    assert.ok(mayBeSameMachine(ids(ONE, null), ids(null, UUID_ONE)));
    assert.ok(!mayBeSameMachine(ids(ONE, null), ids(TWO, null)));
    assert.ok(!mayBeSameMachine(ids(ONE, UUID_ONE), ids(ONE, UUID_TWO)));
  });
});

function planOf(...workers: readonly NodeObservation[]): UpgradePlan {
  const result = planUpgrade(spec(), cluster([controlPlane('cp1'), controlPlane('cp2'), controlPlane('cp3'), ...workers]));
  assert.ok(result.ok);
  return hashPlan(result.plan);
}

describe('a plan', () => {
  const before = planOf(worker('w1', { machineId: ONE, systemUuid: UUID_ONE }), worker('w2'));

  it('covers which machine each node is on', () => {
    const moved = planOf(worker('w1', { machineId: TWO, systemUuid: UUID_ONE }), worker('w2'));
    assert.notEqual(moved.hash, before.hash);
    assert.deepEqual(comparePlans(before, moved), [`node w1: machine: was ${ONE}, is ${TWO}`]);
  });

  it('is the same where only an id changes that proves nothing beside another', () => {
    assert.equal(planOf(worker('w1', { machineId: ONE, systemUuid: UUID_TWO }), worker('w2')).hash, before.hash);
  });

  it('that runs asks a person about a node on another machine, and about none whose id a new clone shares', () => {
    const pending = () => ({ state: 'pending', isBusy: false, note: null } as const);
    const moved = amendPlan(before, pending, planOf(worker('w1', { machineId: TWO }), worker('w2')));
    assert.deepEqual(moved.growth?.lines, [`w1: machine: was ${ONE}, is ${TWO}`]);
    const cloned = amendPlan(before, pending, planOf(worker('w1', { machineId: ONE, systemUuid: UUID_ONE }), worker('w2'), worker('w3', { machineId: ONE, systemUuid: UUID_TWO })));
    assert.deepEqual([cloned.blocked, cloned.growth?.nodes.map(({ name }) => name)], [[], ['w3']]);
  });
});
