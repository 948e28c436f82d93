import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../workflows/domain/canonical-json.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import type { NodeObservation, Observation } from '../../workflows/domain/observation.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UnhashedPlan } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { cluster, controlPlane, labCluster, member, NEW, OLD, pool, spec, withoutMember, worker } from './cluster.ts';

function planOf(observation: Observation, written: UpgradeSpec = spec()): UnhashedPlan {
  const result = planUpgrade(written, observation);
  assert.ok(result.ok, JSON.stringify(result));
  return result.plan;
}

/** `control-plane/1: cp-1 | cp-2`: phase or pool, width, groups. */
function phasesOf(plan: UnhashedPlan): string[] {
  return plan.phases.map(({ phase, pool: name, maxUnavailable, groups }) => `${name ?? phase}/${maxUnavailable}: ${groups.map((group) => group.join(' ')).join(' | ')}`);
}

function firstOf(plan: UnhashedPlan): string | null {
  return plan.nodes.find((node) => node.first)?.name ?? null;
}

describe('the plan of one upgrade, walked row by row', () => {
  interface Row {
    readonly done: string;
    readonly kubeadm: string;
    /** Nodes whose static pods are at the target. */
    readonly pods: readonly string[];
    /** Nodes whose kubelet is at the target. */
    readonly kubelets: readonly string[];
    readonly phases: readonly string[];
    readonly first: string | null;
    readonly from: string;
  }
  const all = ['cp-1', 'cp-2', 'cp-3'];
  const rows: readonly Row[] = [
    { done: 'nothing', kubeadm: OLD, pods: [], kubelets: [], phases: ['control-plane/1: cp-2 | cp-3 | cp-1', 'default/1: w-1 w-2'], first: 'cp-2', from: OLD },
    { done: 'static pods of the first, its apply cut off', kubeadm: OLD, pods: ['cp-2'], kubelets: [], phases: ['control-plane/1: cp-2 | cp-3 | cp-1', 'default/1: w-1 w-2'], first: 'cp-2', from: OLD },
    { done: 'apply on the first', kubeadm: NEW, pods: ['cp-2'], kubelets: [], phases: ['control-plane/1: cp-2 | cp-3 | cp-1', 'default/1: w-1 w-2'], first: null, from: OLD },
    { done: 'the first', kubeadm: NEW, pods: ['cp-2'], kubelets: ['cp-2'], phases: ['control-plane/1: cp-3 | cp-1', 'default/1: w-1 w-2'], first: null, from: OLD },
    { done: 'two of the control plane', kubeadm: NEW, pods: ['cp-2', 'cp-1'], kubelets: ['cp-2', 'cp-1'], phases: ['control-plane/1: cp-3', 'default/1: w-1 w-2'], first: null, from: OLD },
    { done: 'static pods of all, one kubelet left', kubeadm: NEW, pods: all, kubelets: ['cp-2', 'cp-1'], phases: ['control-plane/1: cp-3', 'default/1: w-1 w-2'], first: null, from: OLD },
    { done: 'the control plane', kubeadm: NEW, pods: all, kubelets: all, phases: ['default/1: w-1 w-2'], first: null, from: OLD },
    { done: 'the control plane and one worker', kubeadm: NEW, pods: all, kubelets: [...all, 'w-2'], phases: ['default/1: w-1'], first: null, from: OLD },
    { done: 'everything', kubeadm: NEW, pods: all, kubelets: [...all, 'w-1', 'w-2'], phases: [], first: null, from: NEW },
    { done: 'everything but the end of apply', kubeadm: OLD, pods: all, kubelets: [...all, 'w-1', 'w-2'], phases: ['control-plane/1: cp-1'], first: 'cp-1', from: OLD },
  ];

  for (const { done, kubeadm, pods, kubelets, phases, first, from } of rows) {
    it(`with ${done} done is the rest`, () => {
      const before = labCluster();
      const nodes = before.nodes.map((node): NodeObservation => ({
        ...node,
        kubeletVersion: kubelets.includes(node.name) ? NEW : OLD,
        controlPlaneVersion: node.controlPlaneVersion === null ? null : pods.includes(node.name) ? NEW : OLD,
      }));
      const plan = planOf({ ...before, nodes, kubeadmVersion: kubeadm, serverVersion: pods.length === 3 ? NEW : OLD });
      assert.deepEqual(phasesOf(plan), phases);
      assert.equal(firstOf(plan), first);
      assert.equal(plan.from, from);
      assert.equal(plan.changes, phases.length > 0);
      assert.deepEqual(plan.hops, phases.length > 0 ? [{ from, to: NEW }] : []);
      const grouped = plan.phases.flatMap((phase) => phase.groups.flat());
      assert.deepEqual(plan.nodes.filter((node) => node.changes).map((node) => node.name), grouped.toSorted());
    });
  }

  it('is the same for a patch within a minor', () => {
    const nodes = labCluster().nodes.map((node): NodeObservation => ({ ...node, kubeletVersion: 'v1.34.2', controlPlaneVersion: node.controlPlaneVersion === null ? null : 'v1.34.2' }));
    const plan = planOf({ ...labCluster(), nodes, serverVersion: 'v1.34.2', kubeadmVersion: 'v1.34.2' });
    assert.deepEqual(phasesOf(plan), ['control-plane/1: cp-2 | cp-3 | cp-1', 'default/1: w-1 w-2']);
    assert.deepEqual(plan.hops, [{ from: 'v1.34.2', to: NEW }]);
    assert.doesNotMatch(plan.notes.join('\n'), /no way back to/);
  });
});

describe('a plan', () => {
  it('says the point of no return, and who stays cordoned', () => {
    const nodes = labCluster().nodes.map((node) => ({ ...node, unschedulable: node.name === 'w-2' }));
    const plan = planOf({ ...labCluster(), nodes });
    assert.match(plan.notes.join('\n'), /From the first `kubeadm upgrade apply` on there is no way back to 1\.33 in place: the etcd snapshot/);
    assert.match(plan.notes.join('\n'), /A control-plane node goes back alone \(`capstan rollback NODE`\) until kubeadm changes its control plane/);
    assert.match(plan.notes.join('\n'), /Workers go back .* until the upgrade is verified/);
    assert.match(plan.notes.join('\n'), /w-2 was cordoned before: upgraded like the others, and left cordoned/);
    assert.deepEqual(plan.nodes.filter((node) => node.cordoned).map((node) => node.name), ['w-2']);
  });

  it('takes address and port from the spec, else from the API and access.ssh', () => {
    const written = spec({ nodes: [{ name: 'w-1', address: 'gate.example', port: 2201 }, { name: 'w-2', address: null, port: 2202 }] });
    const hosts = planOf(labCluster(), written).nodes.map(({ name, address, port }) => `${name} ${address}:${port}`);
    assert.deepEqual(hosts.slice(2), ['cp-3 cp-3.example:22', 'w-1 gate.example:2201', 'w-2 w-2.example:2202']);
  });

  it('has one phase for each pool with work, as wide as maxUnavailable of the whole pool', () => {
    const gpu = [1, 2, 3, 4].map((index) => worker(`gpu-${index}`, { labels: { pool: 'gpu' }, kubeletVersion: index === 1 ? NEW : OLD }));
    const upgraded = [controlPlane('cp-1', { kubeletVersion: NEW, controlPlaneVersion: NEW })];
    const observation = cluster([...upgraded, ...gpu, worker('w-1')], { serverVersion: NEW, kubeadmVersion: NEW });
    const plan = planOf(observation, spec({ pools: [pool('gpu', '50%', { pool: 'gpu' }), pool('default', '10%'), pool('spare', 3, { pool: 'spare' })] }));
    assert.deepEqual(phasesOf(plan), ['gpu/2: gpu-2 gpu-3 gpu-4', 'default/1: w-1']);
    assert.match(plan.notes.join('\n'), /The pool default has one node, w-1/);
    assert.match(plan.notes.join('\n'), /No node is in the pool spare/);
  });

  it('of one or two etcd members says the outage that the spec accepts, and only while members change', () => {
    const accepting = spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: true, backup: null } });
    const plan = planOf(cluster([controlPlane('cp-1'), worker('w-1')]), accepting);
    assert.deepEqual(plan.etcd, { kind: 'stacked', members: 1, outage: true });
    assert.match(plan.notes.join('\n'), /etcd has 1 member: expect the API to be away/);

    const tail = cluster([controlPlane('cp-1', { kubeletVersion: NEW, controlPlaneVersion: NEW }), worker('w-1')], { serverVersion: NEW, kubeadmVersion: NEW });
    assert.deepEqual(planOf(tail).etcd, { kind: 'stacked', members: 1, outage: false });
  });

  it('of external etcd has no outage', () => {
    const backup = { takenAt: '2026-11-30T22:00:00Z', where: 's3://backups/prod.db', by: 'ops' };
    const plan = planOf(cluster([withoutMember('cp-1')], { etcd: { kind: 'external', members: [], alarms: [] } }), spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup } }));
    assert.deepEqual(plan.etcd, { kind: 'external', members: 0, outage: false, backup });
    assert.ok(plan.notes.some((note) => note.includes('the backup of your external etcd that ops took at 2026-11-30T22:00:00Z (s3://backups/prod.db) is the way back')), plan.notes.join('\n'));
  });

  it('of stacked etcd says that a backup is not used', () => {
    const backup = { takenAt: '2026-11-30T22:00:00Z', where: 's3://backups/prod.db', by: 'ops' };
    const plan = planOf(labCluster(), spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup } }));
    assert.equal(plan.etcd.backup, undefined);
    assert.ok(plan.notes.some((note) => note.startsWith('spec.etcd.backup is not used')));
  });

  it('lets workers pass minors that the skew policy lets them pass', () => {
    const observation = cluster([controlPlane('cp-1', { kubeletVersion: NEW, controlPlaneVersion: NEW }), worker('w-1', { kubeletVersion: 'v1.31.2' })], { serverVersion: NEW, kubeadmVersion: NEW });
    const plan = planOf(observation);
    assert.deepEqual(phasesOf(plan), ['default/1: w-1']);
    assert.equal(plan.from, 'v1.31.2');
  });

  it('keeps its hash while only leadership, health of the control plane, sizes and order of listing move', () => {
    const before = labCluster();
    const moved: Observation = {
      ...before, nodes: before.nodes.toReversed().map((node) => ({ ...node, ready: node.roles.includes('worker'), labels: { note: 'new' } })),
      etcd: { ...before.etcd, members: [member('cp-3', true), member('cp-1'), { ...member('cp-2'), dbSize: 5, healthy: false }] },
    };
    assert.equal(hashPlan(planOf(moved)).hash, hashPlan(planOf(before)).hash);
    assert.match(hashPlan(planOf(before)).hash, /^p2-[0-9a-f]{64}$/);
  });

  it('has the same hash when a plan that has one already is hashed again', () => {
    const plan = hashPlan(planOf(labCluster()));
    assert.deepEqual(hashPlan(plan), plan);
    const single = hashPlan(planOf(cluster([controlPlane('cp-1'), worker('w-1')]), spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: true, backup: null } })));
    const { hash, ...bare } = single;
    assert.equal(hash.replace(/^p2-/, ''), createHash('sha256').update(canonicalJson(bare)).digest('hex'));
  });

  it('changes its hash with every fact that decides what is executed', () => {
    const before = hashPlan(planOf(labCluster())).hash;
    const changed: readonly [string, Partial<NodeObservation>][] = [
      ['identity', { uid: 'other' }], ['address', { address: 'other.example' }], ['kubelet', { kubeletVersion: 'v1.33.12' }], ['cordon', { unschedulable: true }],
    ];
    for (const [what, parts] of changed) {
      const nodes = labCluster().nodes.map((node) => (node.name === 'w-1' ? { ...node, ...parts } : node));
      assert.notEqual(hashPlan(planOf({ ...labCluster(), nodes })).hash, before, what);
    }
    assert.notEqual(hashPlan(planOf({ ...labCluster(), nodes: labCluster().nodes.slice(0, 4) }, spec())).hash, before);
    assert.notEqual(hashPlan(planOf(labCluster(), spec({ target: { version: 'v1.34.5' } }))).hash, before);
  });

  it('of any half-done cluster holds what is left once, control plane one by one, windows below the pool', () => {
    const half = fc.record({
      controlPlane: fc.array(fc.constantFrom('old', 'pods', 'done'), { minLength: 3, maxLength: 5 }),
      workers: fc.array(fc.boolean(), { maxLength: 12 }),
      percentage: fc.integer({ min: 1, max: 99 }),
    });
    fc.assert(fc.property(half, ({ controlPlane: states, workers, percentage }) => {
      const nodes = [
        ...states.map((state, index) => controlPlane(`cp-${index}`, { kubeletVersion: state === 'done' ? NEW : OLD, controlPlaneVersion: state === 'old' ? OLD : NEW })),
        ...workers.map((done, index) => worker(`w-${index}`, { kubeletVersion: done && states.every((state) => state === 'done') ? NEW : OLD })),
      ];
      const applied = states.includes('done');
      const serverVersion = states.includes('old') ? OLD : NEW;
      const result = planUpgrade(spec({ pools: [pool('default', `${percentage}%`)] }), cluster(nodes, { kubeadmVersion: applied ? NEW : OLD, serverVersion }));
      assert.ok(result.ok, JSON.stringify(result));
      const groups = result.plan.phases.flatMap((phase) => phase.groups.flat());
      assert.equal(new Set(groups).size, groups.length);
      for (const node of nodes) {
        const atTarget = node.kubeletVersion === NEW && (node.controlPlaneVersion ?? NEW) === NEW;
        if (!atTarget) assert.ok(groups.includes(node.name), `${node.name} is left`);
      }
      for (const phase of result.plan.phases) {
        if (phase.phase === 'control-plane') assert.ok(phase.groups.every((group) => group.length === 1) && phase.maxUnavailable === 1);
        else assert.ok(phase.maxUnavailable >= 1 && phase.maxUnavailable <= Math.max(1, workers.length - 1));
      }
    }), { numRuns: 200 });
  });

  it('of 5,000 nodes takes less than a second', () => {
    const nodes = [...labCluster().nodes.slice(0, 3), ...Array.from({ length: 5000 }, (_, index) => worker(`w-${index}`))];
    const started = performance.now();
    const plan = planOf(cluster(nodes), spec({ pools: [pool('default', '10%')] }));
    assert.ok(performance.now() - started < 20_000);
    assert.equal(plan.phases[1]?.maxUnavailable, 500);
  });
});
