/** Every fault by its name, on twins that the real worker upgrades: it happens, and the upgrade ends as docs/simulator.md says. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradeClient } from '../../client/temporal/port.ts';
import type { ClusterDescription } from '../../simulator/description.ts';
import { FAULTS, FAULT_NAMES } from '../../simulator/faults.ts';
import type { FaultName } from '../../simulator/faults.ts';
import { generateCluster, GENERATED_TARGET } from '../../simulator/generate.ts';
import { FAST_TIMINGS } from '../support/twin.ts';
import { startEngine, upgradeTwin } from './support/engine.ts';
import type { DevEngine, Upgraded } from './support/engine.ts';
import { at } from './support/watcher.ts';

const LIMIT_MS = 15 * 60_000;
const SPEED = 30;
const LOOK_MS = 200;

/** Each node has its own fault. */
const GOES_ON = ['package-locked@w1', 'slow-download@w2', 'kubelet-not-ready@w3', 'connection-cut@w4', 'host-reboot@w5'];
const OF_THE_API = ['api-5xx', 'api-slow', 'watch-silent', 'watch-gone', 'api-cut'];
const HOLDS = ['package-broken@w1', 'disk-full@w2', 'kubeadm-fails-once@w3', 'budget-blocks@w4'];

describe('an upgrade in which something goes wrong', { timeout: LIMIT_MS, concurrency: true }, () => {
  let engine: DevEngine;
  before(async () => { engine = await startEngine(); });
  after(() => engine.close());

  test('goes on by itself where a host, its packages or its connection are in the way for a while', { timeout: LIMIT_MS }, () =>
    upgradeTwin(engine, cluster('hosts', GOES_ON), { seed: 5, speed: SPEED, maxUnavailable: 2 }, (upgraded) => {
      assertAllUpgraded(upgraded);
      assert.ok(upgraded.twin.journal.of('w5').some(({ effect }) => /reboot|down/i.test(effect)), JSON.stringify(upgraded.twin.journal.of('w5')));
    }));

  test('goes on by itself where the API fails, is slow, cuts off and forgets', { timeout: LIMIT_MS }, () =>
    // None of these faults is of a host: its scripts need no shell.
    upgradeTwin(engine, cluster('api', OF_THE_API), { seed: 5, speed: SPEED, maxUnavailable: 2, way: 'recognised' }, assertAllUpgraded));

  test('holds the nodes that a person must decide about, names the cause of each, and is done after retry, skip and a forced drain', { timeout: LIMIT_MS }, async () => {
    const causes = new Map<string, string>();
    await upgradeTwin(engine, cluster('held', HOLDS), {
      seed: 5, speed: SPEED, maxUnavailable: 4, drainTimeout: '20s', way: 'shell', attend: (client, name) => decide(client, name, causes),
    }, ({ twin, report }) => {
      assert.equal(report.state, 'done', JSON.stringify(report.failure));
      assert.deepEqual(report.nodes.flatMap(({ name, state }) => (state === 'skipped' ? [name] : [])), ['w1', 'w2']);
      for (const node of ['w3', 'w4']) assert.equal(versionOf(twin, node), GENERATED_TARGET, node);
      assert.match(report.nodes.find(({ name }) => name === 'w4')?.steps.find(({ step }) => step === 'drainNode')?.note ?? '', /deleted by force/);
      assert.deepEqual(new Set(report.decisions.map(({ kind, node }) => `${kind} ${node}`)), new Set(['skip w1', 'skip w2', 'retry w3', 'force-drain w4']));
      assert.ok(twin.model.store.list('nodes').every((node) => at(node, 'spec', 'unschedulable') !== true));
    });
    assert.match(causes.get('w1') ?? '', /the file of a package is damaged: compressed data is corrupt/);
    assert.match(causes.get('w2') ?? '', /no room is left on the disk.*No space left on device/s);
    assert.match(causes.get('w3') ?? '', /kubeadm|preflight/);
    assert.match(causes.get('w4') ?? '', /was not drained/);
  });

  test('has been tried with every fault that there is', () => {
    const tried = [...GOES_ON, ...OF_THE_API, ...HOLDS].map((text) => text.split('@')[0]);
    assert.deepEqual(new Set<string | undefined>(tried), new Set<string | undefined>(FAULT_NAMES));
    assert.deepEqual(HOLDS.map(nameOf).filter((name) => FAULTS[name].ends !== 'held'), []);
    assert.deepEqual([...GOES_ON, ...OF_THE_API].map(nameOf).filter((name) => FAULTS[name].ends !== 'done'), []);
  });
});

function cluster(name: string, faults: readonly string[]): ClusterDescription {
  return generateCluster({ name: `fault-${name}`, seed: 5, workers: 5, timings: FAST_TIMINGS, faults: faults.map((text) => ({ name: nameOf(text), node: text.split('@')[1] ?? null })) });
}

function nameOf(text: string): FaultName {
  const found = FAULT_NAMES.find((name) => name === text.split('@')[0]);
  assert.ok(found !== undefined, text);
  return found;
}

/** Retries the node whose fault has passed, forces the drain of the one that a budget holds, and skips the others, as they are held. */
async function decide(client: UpgradeClient, name: string, causes: Map<string, string>): Promise<void> {
  const open = new Set(HOLDS.map((text) => text.split('@')[1] ?? ''));
  while (open.size > 0) {
    const { nodes, state } = await client.status(name);
    assert.ok(state === 'running' || state === 'held' || state === 'paused', `${state} with ${[...open].join(', ')} undecided`);
    for (const { name: node, state: of, failure } of nodes) {
      if (of !== 'held' || !open.delete(node)) continue;
      causes.set(node, failure?.message ?? '');
      const message = { node, by: 'test@twin' };
      if (node === 'w3') await client.update(name, { kind: 'resolveHold', message: { ...message, decision: 'retry' } });
      else if (node === 'w4') await client.update(name, { kind: 'resolveHold', message: { ...message, decision: 'force-drain', confirm: name } });
      else await client.send(name, { kind: 'skipNode', message });
    }
    await delay(LOOK_MS);
  }
}

function assertAllUpgraded({ twin, report }: Upgraded): void {
  assert.equal(report.state, 'done', JSON.stringify(report.failure));
  for (const { name } of twin.description.nodes) assert.equal(versionOf(twin, name), GENERATED_TARGET, name);
}

function versionOf({ model }: Upgraded['twin'], node: string): unknown {
  return at(model.store.get('nodes', null, node), 'status', 'nodeInfo', 'kubeletVersion');
}
