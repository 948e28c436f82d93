/** The real worker upgrades ten twins of 20 nodes at once. All that is asserted is the twins' own state, journals and history. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generateCluster, GENERATED_TARGET } from '../../simulator/generate.ts';
import type { JournalEntry } from '../../simulator/journal.ts';
import { LAB_TIMINGS, scaleTimings } from '../../simulator/timings.ts';
import { upgradeTwin } from './support/engine.ts';
import type { Engine, Upgraded } from './support/engine.ts';
import { startTestServerEngine } from './support/test-server-engine.ts';
import { at } from './support/watcher.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
const WORKERS = 17;
const WIDTH = 5;
/** Twins whose minutes are fractions of a second: nothing that is asserted here has a duration. */
const TIMINGS = { ...scaleTimings(LAB_TIMINGS, 1 / 200), stopPodPart: { meanMs: 0.001, variation: 0.3 } };
/** A minute on a quiet machine; this one may be anything but. */
const LIMIT_MS = 15 * 60_000;

describe('a simulated cluster of 20 nodes over ten seeds', { timeout: LIMIT_MS }, () => {
  let engine: Engine;
  before(async () => { engine = await startTestServerEngine(); });
  after(() => engine.close());

  test('is upgraded: each effect once and in order, within its limits, with nothing left behind', { timeout: LIMIT_MS }, async (context) => {
    const began = performance.now();
    await Promise.all(SEEDS.map((seed) => {
      const description = generateCluster({ name: `seed-${seed}`, seed, workers: WORKERS, timings: TIMINGS });
      return upgradeTwin(engine, description, { seed, speed: 1, maxUnavailable: WIDTH }, assertUpgraded);
    }));
    context.diagnostic(`${SEEDS.length} upgrades of ${WORKERS + 3} nodes in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
});

function assertUpgraded({ twin, report, watched }: Upgraded): void {
  const { description, model, journal, hosts } = twin;
  const context = description.name;
  assert.equal(report.state, 'done', `${context}: ${JSON.stringify(report.failure)}`);
  for (const { name, role } of description.nodes) {
    const node = model.store.get('nodes', null, name);
    assert.equal(at(node, 'status', 'nodeInfo', 'kubeletVersion'), GENERATED_TARGET, `${context} ${name}`);
    assert.notEqual(at(node, 'spec', 'unschedulable'), true, `${context} ${name} is cordoned`);
    assert.deepEqual(taintKeys(at(node, 'spec', 'taints')), role === 'control-plane' ? ['node-role.kubernetes.io/control-plane'] : [], `${context} ${name}`);
    assert.deepEqual(Object.keys(node?.metadata.annotations ?? {}).filter((key) => key.startsWith('capstan.dev/')), [], `${context} ${name}`);
    assert.deepEqual(watched.cordons(name), ['cordoned', 'uncordoned'], `${context} ${name}`);
    assertOnceInOrder(journal.of(name), ORDER[role], `${context} ${name}`);
    for (const [each, { version, held, half }] of hosts.host(name).machine.packages) {
      assert.deepEqual([each, version, held, half], [each, '1.34.4-1.1', true, false], `${context} ${name}`);
    }
    assert.deepEqual(hosts.host(name).units(), [], `${context} ${name}`);
  }
  assert.ok(watched.mostCordoned() <= WIDTH, `${context}: ${watched.mostCordoned()} workers were cordoned at once`);
  assert.ok(watched.mostCordoned() > 1, `${context}: the workers went one by one`);
  assert.ok(watched.mostCordonedControlPlanes() <= 1, context);
  assert.deepEqual(watched.brokenBudgets(), [], context);
  assert.equal(model.store.get('leases', 'kube-system', 'capstan-upgrade'), null, context);
}

/** Effects that a node of this role must show exactly once, in this order. Others may come in between. */
const ORDER = {
  'control-plane': [/^package kubeadm$/, /^etcd member replaced$/, /^static pods$/, /^kubeadm upgrade (?:apply|node)/, /^cordoned$/, /^package kubelet$/, /^unit kubelet started$/, /^ready$/, /^uncordoned$/],
  worker: [/^package kubeadm$/, /^kubeadm upgrade node$/, /^cordoned$/, /^package kubelet$/, /^unit kubelet started$/, /^ready$/, /^uncordoned$/],
} as const;

function assertOnceInOrder(entries: readonly JournalEntry[], order: readonly RegExp[], context: string): void {
  const effects = entries.map(({ effect }) => effect);
  const places = order.map((pattern) => {
    const found = effects.flatMap((effect, place) => (pattern.test(effect) ? [place] : []));
    assert.equal(found.length, 1, `${context}: ${pattern.source} happened ${found.length} times in ${effects.join(', ')}`);
    return found[0] ?? -1;
  });
  assert.deepEqual(places, places.toSorted((one, other) => one - other), `${context}: ${effects.join(', ')}`);
}

function taintKeys(taints: unknown): readonly unknown[] {
  return Array.isArray(taints) ? taints.map((taint) => at(taint, 'key')) : [];
}

