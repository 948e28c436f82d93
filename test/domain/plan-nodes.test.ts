import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparePlans } from '../../workflows/domain/compare-plans.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import type { NodeObservation } from '../../workflows/domain/observation.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { applyPolicy, poolWidth } from '../../workflows/domain/pool-policy.ts';
import type { Exclusion, UpgradeSpec } from '../../workflows/domain/spec.ts';
import { cluster, controlPlane, NEW, OLD, pool, spec, worker } from './cluster.ts';

const three = [controlPlane('cp-1'), controlPlane('cp-2'), controlPlane('cp-3')];

function workers(count: number): readonly NodeObservation[] {
  return Array.from({ length: count }, (_, index) => worker(`w-${index + 1}`));
}

function resultOf(nodes: readonly NodeObservation[], written: Partial<UpgradeSpec> = {}) {
  return planUpgrade(spec(written), cluster(nodes));
}

function planOf(nodes: readonly NodeObservation[], written: Partial<UpgradeSpec> = {}) {
  const result = resultOf(nodes, written);
  assert.ok(result.ok, result.ok ? '' : result.failures.map(({ message }) => message).join('\n'));
  return hashPlan(result.plan);
}

function failuresOf(nodes: readonly NodeObservation[], written: Partial<UpgradeSpec> = {}) {
  const result = resultOf(nodes, written);
  assert.ok(!result.ok);
  return result.failures;
}

const VIRTUAL = worker('vk-1', { foreign: 'virtual kubelet: it has the taint virtual-kubelet.io/provider', kubeletVersion: 'v1.19.1-vk', address: 'w-1.example' });

describe('nodes of another tool', () => {
  it('are left out of nodes, pools, skew and addresses, and are named', () => {
    const plan = planOf([...three, ...workers(2), VIRTUAL, worker('vk-2', { foreign: 'its kubelet reports no version', kubeletVersion: '' })]);
    assert.deepEqual(plan.nodes.map(({ name }) => name), ['cp-1', 'cp-2', 'cp-3', 'w-1', 'w-2']);
    assert.deepEqual(plan.phases.at(-1)?.groups, [['w-1', 'w-2']]);
    assert.deepEqual(plan.leftOut?.map(({ name, kind }) => [name, kind]), [['vk-1', 'foreign'], ['vk-2', 'foreign']]);
    assert.ok(plan.notes.some((note) => note.startsWith('Left out, because another tool upgrades them: vk-1 (virtual kubelet: it has')), plan.notes.join('\n'));
    assert.equal(plan.from, OLD);
  });

  it('do not count in the width of a pool', () => {
    const many = Array.from({ length: 30 }, (_, index) => worker(`vk-${index}`, { foreign: 'virtual kubelet' }));
    assert.equal(planOf([...three, ...workers(10), ...many], { pools: [pool('default', '20%')] }).phases.at(-1)?.maxUnavailable, 2);
  });

  it('never hide a control plane: static pods say what it is', () => {
    const plan = planOf([controlPlane('cp-1', { foreign: 'its system is Talos' }), controlPlane('cp-2'), controlPlane('cp-3')]);
    assert.equal(plan.leftOut, undefined);
    assert.equal(plan.nodes.length, 3);
  });

  it('are not made a control plane by a label', () => {
    assert.deepEqual(planOf([...three, { ...VIRTUAL, isLabelled: true, roles: ['control-plane'] }]).leftOut?.map(({ name }) => name), ['vk-1']);
  });

  it('are named where nothing is to be done, too', () => {
    const done = three.map((node) => ({ ...node, kubeletVersion: NEW, controlPlaneVersion: NEW }));
    const result = planUpgrade(spec(), cluster([...done, VIRTUAL], { serverVersion: NEW, kubeadmVersion: NEW }));
    assert.ok(result.ok);
    assert.deepEqual([result.plan.changes, result.plan.notes.length], [false, 1]);
  });
});

describe('spec.exclude', () => {
  const edge: Exclusion = { selector: { matchLabels: { site: 'edge' }, matchExpressions: [] } };
  const nodes = [...three, ...workers(3), worker('e-1', { labels: { site: 'edge' }, kubeletVersion: 'v1.29.0' })];

  it('leaves out by name and by selector, also of the skew policy, and says what that means', () => {
    const plan = planOf(nodes, { exclude: [{ name: 'w-3' }, edge] });
    assert.deepEqual(plan.nodes.map(({ name }) => name), ['cp-1', 'cp-2', 'cp-3', 'w-1', 'w-2']);
    assert.deepEqual(plan.leftOut, [{ name: 'e-1', kind: 'excluded', reason: 'spec.exclude[1]' }, { name: 'w-3', kind: 'excluded', reason: 'spec.exclude[0]' }]);
    assert.ok(plan.notes.includes('Left out by spec.exclude: e-1, w-3.'));
    assert.ok(plan.notes.includes(`Left out by spec.exclude, and then no longer within the version skew policy beside ${NEW}: e-1 (v1.29.0).`), plan.notes.join('\n'));
  });

  it('takes nodes out of the total of their pool', () => {
    assert.match(failuresOf([...three, ...workers(3)], { exclude: [{ name: 'w-3' }], pools: [pool('default', 2)] })[0]?.message ?? '', /2 is not below the total: the pool has 2 nodes/);
  });

  it('may leave out every worker, one that is not Ready, and one that spec.nodes names', () => {
    const plan = planOf([...three, worker('w-1', { ready: false })], { exclude: [{ name: 'w-1' }], nodes: [{ name: 'w-1', address: '192.0.2.9', port: null }] });
    assert.deepEqual(plan.leftOut, [{ name: 'w-1', kind: 'excluded', reason: 'spec.exclude[0]' }]);
  });

  it('may leave out a machine that carries an external etcd alone', () => {
    const result = planUpgrade(spec({ exclude: [{ name: 'e-1' }], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null } }), cluster([controlPlane('cp-1'), controlPlane('cp-2'), controlPlane('cp-3'), worker('e-1', { roles: ['etcd'], staticPods: ['etcd'] })]));
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual(result.plan.leftOut?.map(({ name }) => name), ['e-1']);
  });

  const refused: readonly (readonly [string, Exclusion, RegExp])[] = [
    ['a name that nobody has', { name: 'w-9' }, /^spec\.exclude\[0\]: the cluster has no node w-9; its nodes are cp-1/],
    ['a selector that fits nobody', { selector: { matchLabels: { site: 'moon' }, matchExpressions: [] } }, /^spec\.exclude\[0\]: the selector fits no node/],
    ['a control-plane node by name', { name: 'cp-2' }, /^spec\.exclude\[0\]: cp-2 is a control-plane node/],
    ['control-plane nodes by a selector that is too wide', { selector: { matchLabels: {}, matchExpressions: [{ key: 'site', operator: 'DoesNotExist', values: [] }] } }, /^spec\.exclude\[0\]: cp-1, cp-2, cp-3 are control-plane nodes/],
  ];
  for (const [what, exclusion, says] of refused) {
    it(`is refused for ${what}`, () => {
      const [failure] = failuresOf(nodes, { exclude: [exclusion] }).filter(({ path }) => path === 'spec.exclude[0]');
      assert.match(failure?.message ?? '', says);
      assert.equal(failure?.type, 'SpecInvalid');
      assert.ok((failure?.next ?? '').length > 0);
    });
  }

  it('is refused for a control-plane node that has lost its label', () => {
    assert.match(failuresOf([controlPlane('cp-1'), controlPlane('cp-2'), controlPlane('cp-3', { isLabelled: false })], { exclude: [{ name: 'cp-3' }] })[0]?.message ?? '', /cp-3 is a control-plane node/);
  });
});

describe('a worker that was not Ready before the start', () => {
  const away = (name: string, labels: Readonly<Record<string, string>> = {}) => worker(name, { ready: false, labels });

  it('is left out, counts as one of maxUnavailable, and is named', () => {
    const plan = planOf([...three, ...workers(39), away('w-40')], { pools: [pool('default', '10%')] });
    assert.equal(plan.phases.at(-1)?.maxUnavailable, 3);
    assert.equal(plan.phases.at(-1)?.groups[0]?.length, 39);
    assert.deepEqual(plan.leftOut, [{ name: 'w-40', kind: 'unready', reason: `not Ready before the start, at ${OLD}`, pool: 'default' }]);
    assert.ok(plan.notes.some((note) => note.startsWith('Left out, because it was not Ready before the start: w-40.')));
  });

  it('blocks where no room is left, by name and with the ways out', () => {
    const [failure] = failuresOf([...three, ...workers(8), away('w-9'), away('w-10')], { pools: [pool('default', '20%')] });
    assert.equal(failure?.type, 'PlanRefused');
    assert.match(failure?.message ?? '', /^spec\.pools\[0\]\.maxUnavailable: w-9, w-10 of the pool default are not Ready, and maxUnavailable lets 2 be down at once/);
    assert.match(failure?.next ?? '', /kubectl describe node w-9.*spec\.exclude.*raise maxUnavailable/);
  });

  it('blocks nothing where the others are done already, or it is alone in its pool', () => {
    const done = [...three, worker('w-1')].map((node) => ({ ...node, kubeletVersion: NEW, ...(node.controlPlaneVersion === null ? {} : { controlPlaneVersion: NEW }) }));
    const result = planUpgrade(spec(), cluster([...done, away('w-2')], { serverVersion: NEW, kubeadmVersion: NEW }));
    assert.ok(result.ok);
    assert.equal(result.plan.changes, false);
    assert.ok(resultOf([...three, away('w-1')]).ok);
  });

  it('narrows its own pool and its own zone alone', () => {
    const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name });
    const nodes = [...three, ...['a', 'a', 'a', 'b', 'b', 'b'].map((name, index) => worker(`w-${index + 1}`, { labels: zone(name) })), away('w-7', zone('a'))];
    const plan = planOf(nodes, { pools: [{ ...pool('default', 4), maxUnavailablePerZone: 2 }] });
    assert.deepEqual([plan.phases.at(-1)?.maxUnavailable, plan.phases.at(-1)?.maxUnavailablePerZone], [3, { a: 1, b: 2 }]);
    const [failure] = failuresOf(nodes, { pools: [{ ...pool('default', 4), maxUnavailablePerZone: 1 }] });
    assert.match(failure?.message ?? '', /^spec\.pools\[0\]\.maxUnavailablePerZone: w-7 .*the zone a/);
  });

  it('still counts for the version skew policy: it may come back as it is', () => {
    assert.match(failuresOf([...three, ...workers(12), worker('w-20', { ready: false, kubeletVersion: 'v1.28.1' })], { pools: [pool('default', 3)] })[0]?.message ?? '', /the kubelet of w-20 is at v1\.28\.1/);
  });

  it('is not one that an upgrade has down', () => {
    assert.equal(planOf([...three, ...workers(3), worker('w-4', { ready: false, unschedulable: true, cordonMark: 'upgrade/prod#u1/default' })]).leftOut, undefined);
  });

  it('is not a control-plane node: preflight blocks there', () => {
    assert.equal(planOf([controlPlane('cp-1', { ready: false }), controlPlane('cp-2'), controlPlane('cp-3')]).leftOut, undefined);
  });

  it('counts too in a width that a person sets', () => {
    const plan = planOf([...three, ...workers(39), away('w-40')], { pools: [pool('default', 4)] });
    const change = (maxUnavailable: number) => applyPolicy([], { pool: 'default', maxUnavailable, drainTimeout: null }, plan);
    const set = change(10);
    assert.ok(set.ok);
    assert.equal(poolWidth(set.policy, plan, 'default'), 9);
    const none = change(1);
    assert.ok(!none.ok);
    assert.match(none.refusal, /1 leaves no room/);
  });
});

describe('two plans differ by whom they leave out', () => {
  const before = planOf([...three, ...workers(12), VIRTUAL], { pools: [pool('default', 3)] });
  const cases: readonly (readonly [string, readonly NodeObservation[], RegExp])[] = [
    ['a worker that is not Ready any more', [...three, ...workers(11), worker('w-12', { ready: false }), VIRTUAL], /^node w-12: left out now \(not Ready before the start, at v1\.33\.13\)$/],
    ['a virtual node that is gone', [...three, ...workers(12)], /^node vk-1, left out: was virtual kubelet.*, is gone$/],
    ['a virtual node that joined', [...three, ...workers(12), VIRTUAL, { ...VIRTUAL, name: 'vk-2' }], /^node vk-2, left out: was not there, is virtual kubelet/],
    ['one that is a machine now', [...three, ...workers(12), worker('vk-1')], /^node vk-1: to be upgraded, was left out \(virtual kubelet/],
  ];
  for (const [what, nodes, says] of cases) {
    it(`and name ${what}`, () => {
      const now = planOf(nodes, { pools: [pool('default', 3)] });
      assert.notEqual(now.hash, before.hash);
      const lines = comparePlans(before, now);
      assert.ok(lines.some((line) => says.test(line)), lines.join('\n'));
    });
  }
});
