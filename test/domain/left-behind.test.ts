import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignTemporals, isNothing, possibleOwners } from '../../workflows/domain/left-behind.ts';
import type { LeftOnNode } from '../../workflows/domain/left-behind.ts';

const LOCK = { uid: 'lease', workflow: 'upgrade/prod', startedBy: 'ann@desk', since: null, temporal: 'here' } as const;

function left(name: string, mark: string | null, temporal: string | null = 'here'): LeftOnNode {
  return { name, mark, temporal, cordoned: true, tainted: false, ready: true, version: 'v1.33.13' };
}

for (const { name, nodes, lock, owners } of [
  { name: 'the workflow that holds the lock', nodes: [], lock: LOCK, owners: ['upgrade/prod'] },
  { name: 'the upgrade of a mark and the workflow of that node', nodes: [left('w1', 'upgrade/prod#u1/default')], lock: null, owners: ['upgrade/prod', 'upgrade/prod/w1'] },
  { name: 'upgrades under each name that the cluster had', nodes: [left('w1', 'upgrade/old#u1'), left('w2', 'upgrade/prod#u2')], lock: LOCK, owners: ['upgrade/prod', 'upgrade/old', 'upgrade/old/w1', 'upgrade/prod/w2'] },
  { name: 'nobody that a taint or a mark without a workflow names', nodes: [left('w1', null), left('w2', '#odd')], lock: { ...LOCK, workflow: null }, owners: [] },
]) {
  test(`what is left may be owned by ${name}`, () => {
    assert.deepEqual(possibleOwners({ nodes, lock, temporal: 'here' }), owners);
  });
}

test('nothing is left where no node carries a mark and nobody holds the lock', () => {
  assert.deepEqual([isNothing({ nodes: [], lock: null, temporal: null }), isNothing({ nodes: [], lock: LOCK, temporal: null }), isNothing({ nodes: [left('w1', null)], lock: null, temporal: null })], [true, false, false]);
});

for (const { name, nodes, lock, temporal, foreign } of [
  { name: 'nobody, where all is of this one', nodes: [left('w1', 'upgrade/prod#u1')], lock: LOCK, temporal: 'here', foreign: [] },
  { name: 'the one that a lock names', nodes: [], lock: { ...LOCK, temporal: 'there' }, temporal: 'here', foreign: ['there'] },
  { name: 'those that marks name, each once', nodes: [left('w1', 'a#1', 'there'), left('w2', 'a#1', 'there'), left('w3', 'b#1', 'far')], lock: LOCK, temporal: 'here', foreign: ['there', 'far'] },
  { name: 'one that a mark does not name', nodes: [left('w1', 'a#1', null)], lock: null, temporal: 'here', foreign: ['one that is not named'] },
  { name: 'any that is named, where this one is not known', nodes: [], lock: LOCK, temporal: null, foreign: ['here'] },
  { name: 'nobody for a taint alone, which names none', nodes: [left('w1', null, null)], lock: null, temporal: 'here', foreign: [] },
]) {
  test(`another Temporal that may own what is left is ${name}`, () => { assert.deepEqual(foreignTemporals({ nodes, lock, temporal }), foreign); });
}
