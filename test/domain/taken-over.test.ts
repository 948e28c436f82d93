import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTable } from '../../client/render/plan.ts';
import { comparePlans } from '../../workflows/domain/compare-plans.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { NodeObservation } from '../../workflows/domain/observation.ts';
import { cluster, controlPlane, NEW, OLD, spec, worker } from './cluster.ts';

const MARKED: Partial<NodeObservation> = { unschedulable: true, cordonMark: 'upgrade/lost#u0/default' };

function planOf(workers: readonly NodeObservation[], version = OLD): UpgradePlan {
  const controlPlanes = ['cp-1', 'cp-2', 'cp-3'].map((name) => controlPlane(name, { kubeletVersion: version, controlPlaneVersion: version }));
  const result = planUpgrade(spec(), cluster([...controlPlanes, ...workers], { serverVersion: version, kubeadmVersion: version }));
  assert.ok(result.ok);
  return { ...result.plan, hash: 'h' };
}

test('a node that a former upgrade has left cordoned goes first, and the plan says that it is uncordoned', () => {
  const plan = planOf([worker('w-1'), worker('w-2'), worker('w-3', MARKED), worker('w-4', { unschedulable: true })]);
  assert.deepEqual(plan.phases.at(-1)?.groups, [['w-3', 'w-1', 'w-2', 'w-4']]);
  assert.deepEqual(plan.nodes.filter(({ name }) => name.startsWith('w')).map(({ cordoned, takenOver }) => [cordoned, takenOver ?? false]), [[false, false], [false, false], [false, true], [true, false]]);
  assert.ok(plan.notes.includes('w-3 was cordoned by a former upgrade: upgraded first of the pool, and uncordoned then.'));
  assert.ok(plan.notes.includes('w-4 was cordoned before: upgraded like the others, and left cordoned.'));
  assert.match(planTable(plan, false, { colour: false, columns: 200 }), /w-3 .*lifts the cordon of a former upgrade/);
});

test('one that is at the target already stays cordoned, and the plan says how it is given back', () => {
  const plan = planOf([worker('w-1', { kubeletVersion: OLD }), worker('w-2', { ...MARKED, kubeletVersion: NEW }), worker('w-3', { ...MARKED, kubeletVersion: NEW })], NEW);
  assert.ok(plan.notes.some((note) => /^w-2, w-3 were cordoned by a former upgrade and are at the target: left cordoned.*`capstan release prod`/.test(note)), plan.notes.join('\n'));
});

test('a cordon that a former upgrade has given back, or that an upgrade has left since, is a difference between two plans', () => {
  const [before, now] = [planOf([worker('w-1')]), planOf([worker('w-1', MARKED)])];
  assert.deepEqual(comparePlans(before, now), ['node w-1: cordoned by an upgrade: was false, is true']);
});
