import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparePlans } from '../../workflows/domain/compare-plans.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import type { PlannedFile } from '../../workflows/domain/planned-file.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { planWords } from '../../workflows/domain/plan-words.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { cluster, labCluster, member, pool, spec, withoutMember } from './cluster.ts';

const DEFAULT = pool('default', 1);
const A = spec();
/** What a colleague might begin under the same name. */
const CHANGES: readonly (readonly [string, Partial<UpgradeSpec>, RegExp])[] = [
  ['the repository of packages', { packages: { repository: 'http://evil.example/{minor}/deb/' } }, /^Packages: from http:\/\/evil\.example/],
  ['an add-on', { addons: [{ name: 'backdoor', when: 'workers', manifest: { file: '/b.yaml' } }] }, /^Add-on: backdoor: \/b\.yaml, 7 bytes, SHA-256 b{64}, applied after the workers$/],
  ['what kubeadm ignores', { kubeadm: { ...A.kubeadm, ignorePreflightErrors: ['all'] } }, /^Ignored: errors of kubeadm's preflight: all$/],
  ['component configs', { kubeadm: { ...A.kubeadm, componentConfigs: { file: '/c.yaml' } } }, /^Component configs: \/c\.yaml, 7 bytes, SHA-256 c{64}$/],
  ['certificates', { kubeadm: { ...A.kubeadm, certificateRenewal: false } }, /^Certificates: are not renewed$/],
  ['an outage', { etcd: { snapshot: { keep: 5 }, acceptOutage: true, backup: null } }, /^etcd: an outage of the API would be accepted/],
  ['no drain', { pools: [{ ...DEFAULT, drain: { ...DEFAULT.drain, enabled: false } }] }, /^Drain of pool default: none: nodes are only cordoned/],
  ['no drain of the control plane', { controlPlane: { drain: { ...DEFAULT.drain, enabled: false } } }, /^Drain of the control plane: none: nodes are only cordoned/],
  ['a drain that deletes data', { pools: [{ ...DEFAULT, drain: { ...DEFAULT.drain, deleteEmptyDir: true } }] }, /^Drain of pool default: .*DELETES data in emptyDir volumes/],
  ['a drain that deletes bare pods', { pools: [{ ...DEFAULT, drain: { ...DEFAULT.drain, deleteBarePods: true } }] }, /DELETES pods that no controller brings back/],
  ['a drain of some pods', { pools: [{ ...DEFAULT, drain: { ...DEFAULT.drain, podSelector: 'app=web' } }] }, /evicts only pods that match app=web; the others stay/],
  ['a grace period', { pools: [{ ...DEFAULT, drain: { ...DEFAULT.drain, gracePeriodSeconds: 0 } }] }, /gives each pod 0s to end/],
  ['a failure that is passed over', { strategy: { onFailure: 'skip-within-budget' } }, /^A worker that fails: is left out/],
  ['a waived check', { ignore: [{ check: 'host-swap', node: 'w-1' }] }, /^Ignored: checks, by --ignore: host-swap@w-1$/],
];

const FILES: Readonly<Record<string, string>> = { '/b.yaml': 'b', '/c.yaml': 'c' };

function planOf(written: UpgradeSpec, observation: Observation = labCluster()): UpgradePlan {
  const result = planUpgrade(written, observation);
  assert.ok(result.ok, JSON.stringify(result));
  const files = [
    ...written.addons.map(({ name, manifest }) => planned('addon', name, manifest.file)),
    ...(written.kubeadm.componentConfigs === null ? [] : [planned('component-configs', 'componentConfigs', written.kubeadm.componentConfigs.file)]),
  ];
  return hashPlan({ ...result.plan, files });
}

function planned(what: PlannedFile['what'], name: string, path: string): PlannedFile {
  return { what, name, key: `spec.${name}`, path, sha256: (FILES[path] ?? 'f').repeat(64), bytes: 7 };
}

function wordsOf(plan: UpgradePlan): readonly string[] {
  return planWords(plan).map(([topic, words]) => `${topic}: ${words}`);
}

describe('a yes covers', () => {
  for (const [what, change, words] of CHANGES) {
    it(`${what}: another hash, words that say it, and a difference that names it`, () => {
      const [plain, changed] = [planOf(A), planOf(spec(change))];
      assert.notEqual(changed.hash, plain.hash);
      assert.ok(wordsOf(changed).some((line) => words.test(line)), wordsOf(changed).join('\n'));
      assert.ok(!wordsOf(plain).some((line) => words.test(line)));
      assert.ok(comparePlans(plain, changed).some((line) => line.startsWith('spec.') || line.startsWith('the ')), comparePlans(plain, changed).join('\n'));
    });
  }

  it('the content of a file, and the place that it is read from', () => {
    const written = spec({ addons: [{ name: 'cni', when: 'control-plane', manifest: { file: '/b.yaml' } }] });
    const plan = planOf(written);
    const [file] = plan.files;
    assert.ok(file !== undefined);
    const other = hashPlan({ ...plan, files: [{ ...file, sha256: 'e'.repeat(64), bytes: 8 }] });
    assert.notEqual(other.hash, plan.hash);
    assert.deepEqual(comparePlans(plan, other), [`the manifest of add-on cni (/b.yaml): was 7 bytes, SHA-256 ${'b'.repeat(64)}, is 8 bytes, SHA-256 ${'e'.repeat(64)}`]);
    assert.notEqual(hashPlan({ ...plan, files: [{ ...file, path: '/other.yaml' }] }).hash, plan.hash);
    assert.deepEqual(comparePlans(plan, { ...plan, files: [] }), ['spec.cni: no longer applied']);
  });

  it('where images come from', () => {
    const [plan, other] = [planOf(A), planOf(A, { ...labCluster(), imageRepository: 'evil.example' })];
    assert.notEqual(other.hash, plan.hash);
    assert.match(wordsOf(other).join('\n'), /^Images: from evil\.example/m);
    assert.deepEqual(comparePlans(plan, other), ['imageRepository of kubeadm-config: was registry.example, is evil.example']);
  });

  it('every value of the spec but those under access and those that the plan has by another name', () => {
    const full = spec({
      nodes: [{ name: 'w-1', address: 'w-1.example', port: 22 }], packages: { repository: 'https://packages.example/{minor}/' },
      kubeadm: { certificateRenewal: true, ignorePreflightErrors: ['Swap'], componentConfigs: { file: '/c.yaml' }, patches: { file: '/patches' } },
      addons: [{ name: 'cni', when: 'workers', manifest: { file: '/b.yaml' } }], strategy: { onFailure: 'hold' }, ignore: [{ check: 'host-swap', node: null }],
      pools: [pool('web', 1, { pool: 'web' }), DEFAULT],
    });
    const base = planOf(A);
    const hashOf = (written: UpgradeSpec): string => hashPlan({ ...base, spec: executedSpec(written) }).hash;
    for (const { path, value } of changedOnce(full)) {
      const isElsewhere = /^(access|name|driver|target|nodes)\b/.test(path);
      assert.equal(hashOf(value) === hashOf(full), isElsewhere, path);
    }
  });

  it('the same whoever writes the waivers in which order, and how often', () => {
    const [one, other] = [{ check: 'host-swap', node: null }, { check: 'host-disk', node: 'w-1' }] as const;
    assert.equal(planOf(spec({ ignore: [one, other, one] })).hash, planOf(spec({ ignore: [other, one] })).hash);
    assert.equal(planOf(spec({ ignore: [] })).hash, planOf(A).hash);
  });
});

describe('the order of the control plane', () => {
  const led = (leader: string): Observation => ({ ...labCluster(), etcd: { ...labCluster().etcd, members: ['cp-1', 'cp-2', 'cp-3'].map((name) => member(name, name === leader)) } });

  it('is the one that it would have now: a follower runs apply, the leader comes last', () => {
    for (const [leader, order] of [['cp-1', 'cp-2 cp-3 cp-1'], ['cp-2', 'cp-1 cp-3 cp-2'], ['cp-3', 'cp-1 cp-2 cp-3']] as const) {
      const plan = planOf(A, led(leader));
      assert.equal(plan.phases[0]?.groups.flat().join(' '), order);
      assert.equal(plan.nodes.find(({ first }) => first)?.name, order.split(' ')[0]);
      assert.match(plan.notes.join('\n'), /decided at run time: the node whose etcd member leads by then comes last, and the first of the others runs `kubeadm upgrade apply`/);
    }
  });

  it('is not part of the yes where leadership decides it, and is where it does not', () => {
    assert.equal(planOf(A, led('cp-1')).hash, planOf(A, led('cp-3')).hash);
    assert.deepEqual(comparePlans(planOf(A, led('cp-1')), planOf(A, led('cp-3'))), []);
    const external = cluster(['cp-1', 'cp-2', 'cp-3'].map((name) => withoutMember(name)), { etcd: { kind: 'external', members: [], alarms: [] } });
    const plan = planOf({ ...A, etcd: { ...A.etcd, backup: { takenAt: '2026-11-30T22:00:00Z', where: 'vault', by: 'ops' } } }, external);
    assert.doesNotMatch(plan.notes.join('\n'), /run time/);
    const turned = hashPlan({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, groups: phase.groups.toReversed() })) });
    assert.notEqual(turned.hash, plan.hash);
    assert.match(comparePlans(plan, turned).join('\n'), /^order: was/);
  });
});

type Changed = { readonly path: string; readonly value: UpgradeSpec };

/** The spec with each of its leaves changed, one at a time. */
function changedOnce(whole: UpgradeSpec): readonly Changed[] {
  return leaves(whole, []).map((path) => {
    const value = structuredClone(whole);
    let place: object = value;
    for (const key of path.slice(0, -1)) place = Reflect.get(place, key);
    const key = path.at(-1) ?? '';
    Reflect.set(place, key, other(Reflect.get(place, key)));
    return { path: path.join('.'), value };
  });
}

function leaves(value: unknown, path: readonly string[]): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function other(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  return typeof value === 'number' ? value + 1 : `${String(value)}x`;
}
