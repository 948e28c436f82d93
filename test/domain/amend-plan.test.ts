import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { NODE_NOTES } from '../../workflows/domain/amend-node.ts';
import type { AmendableNode } from '../../workflows/domain/amend-node.ts';
import { amendPlan } from '../../workflows/domain/amend-plan.ts';
import type { Amendment } from '../../workflows/domain/amend-plan.ts';
import { applyAmendment, applyGrowth, leaveGrowthOut } from '../../workflows/domain/apply-amendment.ts';
import type { LeftOutNode, PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import { newClusterRun } from '../../workflows/domain/run.ts';
import type { ClusterRun } from '../../workflows/domain/run.ts';
import { bounded, growthApproval, MOST_LINES, shownLines } from '../../workflows/domain/resume-report.ts';
import { NODE_STATES } from '../../workflows/domain/state.ts';
import type { NodeState } from '../../workflows/domain/state.ts';
import { atTarget, testPlan, withNode, withoutNodes } from '../workflows/fake-cluster.ts';

const AT = '2026-01-01T10:00:00.000Z';
const PLAN = testPlan(3, 4, 2);
const OLD = 'v1.33.13';
const NEW = 'v1.34.4';

/** A run with these states; all others pending. */
function runWith(states: Readonly<Record<string, NodeState>> = {}, plan = PLAN): ClusterRun {
  const run = newClusterRun('test', plan, AT);
  for (const node of run.nodes) node.state = states[node.name] ?? node.state;
  return run;
}

function amendableOf(run: ClusterRun): (name: string) => AmendableNode {
  return (name) => {
    const node = run.nodes.find((other) => other.name === name);
    assert.ok(node !== undefined, name);
    return { state: node.state, note: node.note, isBusy: !['pending', 'done', 'skipped', 'rolled-back'].includes(node.state) };
  };
}

function amend(run: ClusterRun, now: UpgradePlan, isGoingBack = false): Amendment {
  return amendPlan(run.plan, amendableOf(run), now, isGoingBack);
}

/** The plan of now with this of one node. */
function having(name: string, parts: Partial<PlannedNode>, plan = PLAN): UpgradePlan {
  return { ...plan, nodes: plan.nodes.map((node) => (node.name === name ? { ...node, ...parts } : node)) };
}

const CONTROL_PLANE_DONE = { cp1: 'done', cp2: 'done', cp3: 'done' } as const;
const AFTER_CONTROL_PLANE = atTarget(PLAN, ['cp1', 'cp2', 'cp3']);

/** A plan of the same cluster that leaves this node out. */
function leavingOut(name: string, kind: LeftOutNode['kind'], reason: string): UpgradePlan {
  return { ...withoutNodes(AFTER_CONTROL_PLANE, [name]), leftOut: [{ name, kind, reason }] };
}

describe('amending a plan to the cluster as it is now', () => {
  for (const state of ['upgrading', 'held', 'done'] as const) {
    it(`leaves a node that is ${state} alone, also where it is not Ready just then`, () => {
      const amendment = amend(runWith({ ...CONTROL_PLANE_DONE, w2: state }), leavingOut('w2', 'unready', 'not Ready before the start, at v1.33.13'));
      assert.deepEqual([amendment.changes, amendment.nodes, amendment.growth, amendment.blocked], [[], [], null, []]);
    });
  }

  it('asks before it takes in a node that was left out and no longer is, and names it no more as such', () => {
    const plan: UpgradePlan = { ...withoutNodes(PLAN, ['w2']), leftOut: [{ name: 'vk', kind: 'foreign', reason: 'virtual kubelet' }, { name: 'w2', kind: 'unready', reason: 'not Ready before the start, at v1.33.13' }] };
    const run = runWith(CONTROL_PLANE_DONE, plan);
    const { growth } = amend(run, AFTER_CONTROL_PLANE);
    assert.deepEqual(growth?.lines, [`w2: was left out (not Ready before the start, at v1.33.13) and no longer is, in pool default, at ${OLD}`]);
    assert.deepEqual(growth?.plan.leftOut?.map(({ name }) => name), ['vk']);
  });

  it('says nothing of virtual nodes that come and go while it was paused', () => {
    const amendment = amend(runWith(CONTROL_PLANE_DONE), { ...AFTER_CONTROL_PLANE, leftOut: [{ name: 'vk-9', kind: 'foreign', reason: 'virtual kubelet' }] });
    assert.deepEqual([amendment.changes, amendment.growth, amendment.blocked], [[], null, []]);
  });

  it('leaves a plan alone of which nothing differs, first node and done nodes included', () => {
    const run = runWith(CONTROL_PLANE_DONE);
    const amendment = amend(run, AFTER_CONTROL_PLANE);
    assert.equal(amendment.plan, run.plan);
    assert.deepEqual({ ...amendment, plan: null }, { plan: null, nodes: [], changes: [], growth: null, blocked: [] });
    assert.equal(amend(runWith(), PLAN).plan, PLAN);
  });

  const atOnce = [
    { what: 'a pending node that is gone', state: 'pending', now: withoutNodes(AFTER_CONTROL_PLANE, ['w2']), line: 'w2: gone, left out', node: { state: 'skipped', note: 'gone' } },
    { what: 'a done node that is gone', state: 'done', now: withoutNodes(AFTER_CONTROL_PLANE, ['w2']), line: 'w2: gone, after it was done', node: { state: null, note: 'gone' } },
    { what: 'a skipped node that is gone', state: 'skipped', now: withoutNodes(AFTER_CONTROL_PLANE, ['w2']), line: 'w2: gone, after it was skipped', node: { state: null, note: 'gone' } },
    { what: 'a node that was upgraded by hand', state: 'pending', now: atTarget(AFTER_CONTROL_PLANE, ['w2']), line: `w2: upgraded by hand to ${NEW}`, node: { state: 'done', note: 'upgraded by hand' } },
    { what: 'a node that was made anew at the target', state: 'pending', now: having('w2', { uid: 'other' }, atTarget(AFTER_CONTROL_PLANE, ['w2'])), line: `w2: upgraded by hand to ${NEW}, another machine under this name`, node: { state: 'done', note: 'upgraded by hand' } },
    { what: 'a pending node that is not Ready any more', state: 'pending', now: leavingOut('w2', 'unready', 'not Ready before the start, at v1.33.13'), line: 'w2: left out, not Ready', node: { state: 'skipped', note: 'left out' } },
    { what: 'a pending node that another tool has now', state: 'pending', now: leavingOut('w2', 'foreign', 'its operating system is windows'), line: 'w2: left out, its operating system is windows', node: { state: 'skipped', note: 'left out' } },
  ] as const;
  for (const { what, state, now, line, node } of atOnce) {
    it(`takes in at once ${what}, and tells it once`, () => {
      const run = runWith({ ...CONTROL_PLANE_DONE, w2: state });
      const amendment = amend(run, now);
      assert.deepEqual([amendment.changes, amendment.nodes, amendment.growth, amendment.blocked], [[line], [{ name: 'w2', ...node }], null, []]);
      applyAmendment(run, amendment, AT);
      assert.equal(run.nodes.find(({ name }) => name === 'w2')?.note, node.note);
      assert.deepEqual(amend(run, now).changes, []);
    });
  }

  it('takes in a zone, a cordon of a person and a narrower window, and names the plan anew', () => {
    const run = runWith(CONTROL_PLANE_DONE);
    const moved = having('w2', { zone: 'b', cordoned: true }, AFTER_CONTROL_PLANE);
    const amendment = amend(run, { ...moved, phases: moved.phases.map((phase) => ({ ...phase, maxUnavailable: 1 })) });
    assert.deepEqual(amendment.changes, ['w2: zone: was none, is b; cordoned by a person, and stays so', 'pool default: at most 1 down at once, was 2']);
    assert.deepEqual(amendment.plan, hashPlan({ ...having('w2', { zone: 'b', cordoned: true }), phases: PLAN.phases.map((phase) => ({ ...phase, maxUnavailable: 1 })) }));
    assert.equal(amendment.growth, null);
  });

  const told = [
    { what: 'that a held node is gone', state: 'held', now: withoutNodes(AFTER_CONTROL_PLANE, ['w2']), line: /^w2: gone, while it is held; `capstan skip w2`/ },
    { what: 'that a node in flight is gone', state: 'draining', now: withoutNodes(AFTER_CONTROL_PLANE, ['w2']), line: /^w2: gone, while it is in flight$/ },
    { what: 'that a held node was mended by hand', state: 'held', now: atTarget(AFTER_CONTROL_PLANE, ['w2']), line: /^w2: at v1\.34\.4 now, while it is held; `capstan retry w2`/ },
    { what: 'that a held node is another machine', state: 'held', now: having('w2', { uid: 'other' }, AFTER_CONTROL_PLANE), line: /^w2: another machine under this name, while it is held$/ },
    { what: 'of a node that came at the target', state: 'pending', now: atTarget(withNode(AFTER_CONTROL_PLANE, 'w9'), ['w9']), line: /^w9: new, at v1\.34\.4 already$/ },
  ] as const;
  for (const { what, state, now, line } of told) {
    it(`tells ${what}, and changes nothing`, () => {
      const run = runWith({ ...CONTROL_PLANE_DONE, w2: state });
      const { changes, nodes, plan, growth } = amend(run, now);
      assert.equal(changes.length, 1);
      assert.match(changes[0] ?? '', line);
      assert.deepEqual([nodes, growth], [[], null]);
      assert.equal(plan, run.plan);
    });
  }

  const grown = [
    { what: 'a new node', state: 'pending', now: withNode(AFTER_CONTROL_PLANE, 'w9'), line: `w9: new in pool default, at ${OLD}`, name: 'w9' },
    { what: 'a node that went back after it was done', state: 'done', now: AFTER_CONTROL_PLANE, line: `w2: at ${OLD}, after it was done`, name: 'w2' },
    { what: 'a node at another version', state: 'pending', now: having('w2', { from: 'v1.33.11' }, AFTER_CONTROL_PLANE), line: 'w2: kubelet: was v1.33.13, is v1.33.11', name: 'w2' },
    { what: 'another machine under a name', state: 'pending', now: having('w2', { uid: 'other', address: '10.0.0.9' }, AFTER_CONTROL_PLANE), line: 'w2: another machine under this name, at v1.33.13; address: was 127.0.0.1:22, is 10.0.0.9:22', name: 'w2' },
    { what: 'a node in another pool', state: 'pending', now: having('w2', { pool: 'gpu' }, AFTER_CONTROL_PLANE), line: 'w2: pool: was default, is gpu', name: 'w2' },
  ] as const;
  for (const { what, state, now, line, name } of grown) {
    it(`waits for a yes to ${what}, and takes it in after that`, () => {
      const run = runWith({ ...CONTROL_PLANE_DONE, w2: state });
      const { growth, nodes, plan } = amend(run, now);
      assert.ok(growth !== null);
      assert.deepEqual([growth.lines, growth.nodes.map((node) => node.name), nodes], [[line], [name], []]);
      assert.equal(plan, run.plan);
      assert.deepEqual(growth.plan, hashPlan(growth.plan));
      applyGrowth(run, growth, AT);
      const own = run.nodes.find((node) => node.name === name);
      assert.deepEqual([own?.state, own?.staged, own?.note], ['pending', false, name === 'w9' ? 'new' : 'planned again']);
      assert.deepEqual(run.plan.nodes.map((node) => node.name), run.nodes.map((node) => node.name));
      assert.equal(amend(run, now).growth, null);
    });
  }

  it('gives a pool that had nothing to do a phase of its own, and a node that moved to its new pool alone', () => {
    const now = having('w2', { pool: 'gpu' }, AFTER_CONTROL_PLANE);
    const gpu = { phase: 'workers', hop: 0, pool: 'gpu', maxUnavailable: 3, groups: [['w2', 'w8']] } as const;
    const { growth } = amend(runWith(CONTROL_PLANE_DONE), { ...now, phases: [...now.phases, gpu] });
    assert.deepEqual(growth?.plan.phases.slice(1), [{ ...PLAN.phases[1], groups: [['w1', 'w3', 'w4']] }, { ...gpu, groups: [['w2']] }]);
  });

  it('opens the workers again where they were through', () => {
    const run = runWith({ ...CONTROL_PLANE_DONE, w1: 'done', w2: 'done', w3: 'done', w4: 'done' });
    run.phasesDone.push('preflight', 'snapshot', 'control-plane', 'workers', 'addons');
    const { growth } = amend(run, withNode(atTarget(PLAN, PLAN.nodes.map(({ name }) => name)), 'w9'));
    assert.ok(growth !== null);
    applyGrowth(run, growth, AT);
    assert.deepEqual(run.phasesDone, ['preflight', 'snapshot', 'control-plane']);
  });

  it('goes on without what grew where that is asked for: new nodes are not taken in, and those that differ are left as they are', () => {
    const run = runWith(CONTROL_PLANE_DONE);
    const { growth } = amend(run, withNode(having('w2', { from: 'v1.33.11' }, AFTER_CONTROL_PLANE), 'w9'));
    assert.ok(growth !== null);
    assert.equal(leaveGrowthOut(run, growth, AT), true);
    assert.deepEqual(run.nodes.map(({ name, state, note }) => [name, state, note]).slice(3), [['w1', 'pending', null], ['w2', 'skipped', 'left out'], ['w3', 'pending', null], ['w4', 'pending', null]]);
    assert.equal(run.plan, PLAN);
  });

  it('adds nothing while all workers go back, and tells it', () => {
    const { growth, changes } = amend(runWith(CONTROL_PLANE_DONE), withNode(AFTER_CONTROL_PLANE, 'w9'), true);
    assert.deepEqual([growth, changes], [null, [`w9: new in pool default, at ${OLD}; left as it is, since all workers go back`]]);
  });

  const blocked = [
    ['a control-plane node that is gone', runWith(), withoutNodes(PLAN, ['cp2']), 'cp2: gone'],
    ['a control-plane node that is gone after it was done', runWith(CONTROL_PLANE_DONE), withoutNodes(AFTER_CONTROL_PLANE, ['cp2']), 'cp2: gone'],
    ['a new control-plane node', runWith(), withNode(PLAN, 'cp4'), 'cp4: new, with the roles etcd, control-plane'],
    ['another machine under the name of one', runWith({ cp2: 'held' }), having('cp2', { uid: 'other' }), `cp2: another machine under this name, at ${OLD}`],
    ['a control-plane node that is a worker now', runWith(), having('cp2', { roles: ['worker'] }), 'cp2: roles: was etcd,control-plane, is worker'],
    ['a worker that is a control-plane node now', runWith(), having('w2', { roles: ['control-plane'] }), 'w2: roles: was worker, is control-plane'],
    ['a control-plane node that went back', runWith(CONTROL_PLANE_DONE), atTarget(PLAN, ['cp1', 'cp2']), 'cp3: to be upgraded again, after it was done'],
    ['another cluster', runWith(), { ...PLAN, clusterUid: 'other' }, 'another cluster answers: its UID is other, not uid'],
    ['another etcd', runWith(), { ...PLAN, etcd: { ...PLAN.etcd, members: 5 } }, 'etcd: was stacked with 3 members, is stacked with 5'],
  ] as const;
  for (const [what, run, now, line] of blocked) it(`never amends ${what}`, () => { assert.deepEqual(amend(run, now).blocked, [line]); });

  it('takes in a control-plane node that was upgraded by hand', () => {
    assert.deepEqual(amend(runWith({ cp1: 'done' }), atTarget(PLAN, ['cp1', 'cp2'])).nodes, [{ name: 'cp2', state: 'done', note: 'upgraded by hand' }]);
  });
});

describe('any amendment', () => {
  const workers = PLAN.nodes.filter(({ pool }) => pool !== null).map(({ name }) => name);
  const arbitrary = fc.record({
    states: fc.tuple(...workers.map((name) => fc.constantFrom(...NODE_STATES).map((state) => [name, state] as const))).map((pairs) => Object.fromEntries(pairs)),
    notes: fc.tuple(...workers.map(() => fc.option(fc.constantFrom(...NODE_NOTES)))),
    gone: fc.subarray(workers), upgraded: fc.subarray(workers), added: fc.subarray(['w8', 'w9', 'w10']), other: fc.subarray(workers), width: fc.integer({ min: 1, max: 4 }),
  });
  type Arbitrary = typeof arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

  function runOf({ states, notes }: Arbitrary): ClusterRun {
    const run = runWith({ ...CONTROL_PLANE_DONE, ...states });
    for (const [index, node] of run.nodes.slice(3).entries()) node.note = notes[index] ?? null;
    return run;
  }

  function nowOf({ gone, upgraded, added, other, width }: Arbitrary): UpgradePlan {
    const changed = other.reduce((plan, name) => having(name, { uid: `other-${name}` }, plan), added.reduce(withNode, AFTER_CONTROL_PLANE));
    const now = withoutNodes(atTarget(changed, upgraded), gone);
    return { ...now, phases: now.phases.map((phase) => ({ ...phase, maxUnavailable: width })) };
  }

  it('never takes a node away that is in flight or held, and never makes one pending that has ended', () => {
    fc.assert(fc.property(arbitrary, (given) => {
      const run = runOf(given);
      const before = new Map(run.nodes.map((node) => [node.name, node.state]));
      applyAmendment(run, amend(run, nowOf(given)), AT);
      for (const { name, state } of run.nodes) if (before.get(name) !== 'pending') assert.equal(state, before.get(name), name);
      assert.deepEqual(run.nodes.map(({ name }) => name), PLAN.nodes.map(({ name }) => name));
    }));
  });

  it('widens no window, and asks for no further node, but by growth', () => {
    fc.assert(fc.property(arbitrary, (given) => {
      const { plan, growth } = amend(runOf(given), nowOf(given));
      for (const [index, phase] of plan.phases.entries()) assert.ok(phase.maxUnavailable <= (PLAN.phases[index]?.maxUnavailable ?? 0));
      assert.deepEqual(plan.phases.map(({ groups }) => groups), PLAN.phases.map(({ groups }) => groups));
      const grown = growth?.nodes.map(({ name }) => name) ?? [];
      for (const name of given.added) assert.equal(grown.includes(name), !given.gone.includes(name) && !given.upgraded.includes(name), name);
    }));
  });

  it('is made once: the same cluster asks for nothing more, neither before nor after a yes', () => {
    fc.assert(fc.property(arbitrary, fc.boolean(), (given, isApproved) => {
      const run = runOf(given);
      const now = nowOf(given);
      const first = amend(run, now);
      applyAmendment(run, first, AT);
      if (isApproved && first.growth !== null) applyGrowth(run, first.growth, AT);
      const second = amend(run, now);
      assert.deepEqual(second.nodes, []);
      assert.equal(second.plan, run.plan);
      assert.equal(second.growth?.plan.hash, isApproved ? undefined : first.growth?.plan.hash);
    }));
  });

  it('names a plan that does not change while nodes in flight end', () => {
    fc.assert(fc.property(arbitrary, (given) => {
      const run = runOf(given);
      const first = amend(run, nowOf(given)).growth?.plan.hash;
      const moving = run.nodes.filter(({ state }) => !['pending', 'done', 'skipped', 'rolled-back'].includes(state));
      for (const node of moving) node.state = 'done';
      const ended = atTarget(nowOf(given), moving.map(({ name }) => name));
      assert.equal(amend(run, ended).growth?.plan.hash, first);
    }));
  });
});

describe('what waits for a yes', () => {
  it('takes a bounded place, however much grew', () => {
    const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
    const { growth } = amend(runWith(CONTROL_PLANE_DONE), names.reduce(withNode, AFTER_CONTROL_PLANE));
    assert.ok(growth !== null);
    const { growth: waiting, reason } = growthApproval(growth);
    assert.deepEqual([waiting.lines.length, waiting.more], [MOST_LINES, 290]);
    assert.match(reason, /^the plan grew: n0, n1, .* and 290 more$/);
    assert.equal(shownLines(bounded(['one', 'two'], waiting)).at(-1), 'and 292 more');
  });

});
