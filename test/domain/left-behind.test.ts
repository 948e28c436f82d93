import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNothing, possibleOwners } from '../../workflows/domain/left-behind.ts';
import type { LeftOnNode } from '../../workflows/domain/left-behind.ts';

const LOCK = { uid: 'lease', workflow: 'upgrade/prod', startedBy: 'ann@desk', since: null } as const;

function left(name: string, mark: string | null): LeftOnNode {
  return { name, mark, cordoned: true, tainted: false, ready: true, version: 'v1.33.13' };
}

for (const { name, nodes, lock, owners } of [
  { name: 'the workflow that holds the lock', nodes: [], lock: LOCK, owners: ['upgrade/prod'] },
  { name: 'the upgrade of a mark and the workflow of that node', nodes: [left('w1', 'upgrade/prod#u1/default')], lock: null, owners: ['upgrade/prod', 'upgrade/prod/w1'] },
  { name: 'upgrades under each name that the cluster had', nodes: [left('w1', 'upgrade/old#u1'), left('w2', 'upgrade/prod#u2')], lock: LOCK, owners: ['upgrade/prod', 'upgrade/old', 'upgrade/old/w1', 'upgrade/prod/w2'] },
  { name: 'nobody that a taint or a mark without a workflow names', nodes: [left('w1', null), left('w2', '#odd')], lock: { ...LOCK, workflow: null }, owners: [] },
]) {
  test(`what is left may be owned by ${name}`, () => {
    assert.deepEqual(possibleOwners({ nodes, lock }), owners);
  });
}

test('nothing is left where no node carries a mark and nobody holds the lock', () => {
  assert.deepEqual([isNothing({ nodes: [], lock: null }), isNothing({ nodes: [], lock: LOCK }), isNothing({ nodes: [left('w1', null)], lock: null })], [true, false, false]);
});
