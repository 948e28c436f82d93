/** A twin whose upgrade is paused while people work on its nodes. All that is asserted is the twin's own state and journal. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradeClient } from '../../client/temporal/port.ts';
import { generateCluster, GENERATED_TARGET, GENERATED_VERSION } from '../../simulator/generate.ts';
import type { ApiObject } from '../../simulator/model.ts';
import type { Twin } from '../../simulator/twin.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import { FAST_TIMINGS } from '../support/twin.ts';
import { until } from '../support/until.ts';
import { startEngine, upgradeTwin } from './support/engine.ts';
import type { DevEngine } from './support/engine.ts';
import { at, isReady } from './support/watcher.ts';

const LIMIT_MS = 15 * 60_000;
const LOOK_MS = 200;
const BY = { by: 'test@twin' };

describe('a twin that people work on while its upgrade is paused', { timeout: LIMIT_MS }, () => {
  let engine: DevEngine;
  before(async () => { engine = await startEngine(); });
  after(() => engine.close());

  test('is upgraded without the node that is gone, with the one that is new, and without touching the one done by hand', { timeout: LIMIT_MS }, async () => {
    const description = generateCluster({ name: 'paused', seed: 5, workers: 5, timings: FAST_TIMINGS });
    let later: ApiObject | null = null;
    let found: UpgradeStatus | null = null;
    const attend = async (client: UpgradeClient, name: string, twin: Twin): Promise<void> => {
      await client.send(name, { kind: 'pause', message: { after: 'control-plane', ...BY } });
      await untilStatus(client, name, ({ state }) => state === 'paused');
      removeNode(twin, 'w2');
      await upgradeByHand(twin, 'w3');
      assert.ok(later !== null);
      twin.model.store.put('nodes', later);
      twin.model.kubelets.start('w5', GENERATED_VERSION);
      await until('w5 is Ready', () => isReadyAt(twin, 'w5', GENERATED_VERSION));
      await client.send(name, { kind: 'resume', message: BY });
      found = await untilStatus(client, name, ({ approval }) => approval !== undefined);
      assert.equal((await client.plan(name)).hash, found.planHash);
      await client.update(name, { kind: 'approve', message: { planHash: found.approval?.planHash ?? '', ...BY } });
    };
    await upgradeTwin(engine, description, { seed: 5, speed: 30, maxUnavailable: 1, prepare: (twin) => { later = removeNode(twin, 'w5'); }, attend }, ({ twin, report, watched }) => {
      assert.equal(report.state, 'done', JSON.stringify(report.failure));
      assert.deepEqual([found?.approval?.growth.lines, found?.resumed?.changes.lines], [
        [`w5: new in pool default, at ${GENERATED_VERSION}`], ['w2: gone, left out', `w3: upgraded by hand to ${GENERATED_TARGET}`],
      ]);
      assert.equal(report.planHash, found?.approval?.planHash);
      for (const name of ['w1', 'w4', 'w5']) {
        assert.ok(isReadyAt(twin, name, GENERATED_TARGET), name);
        assert.deepEqual(watched.cordons(name), ['cordoned', 'uncordoned'], name);
        assert.equal(twin.hosts.host(name).machine.packages.get('kubelet')?.version, `${GENERATED_TARGET.slice(1)}-1.1`, name);
      }
      assert.ok(isReadyAt(twin, 'w3', GENERATED_TARGET));
      assert.deepEqual([...watched.cordons('w2'), ...watched.cordons('w3')], []);
      assert.equal(twin.model.store.get('nodes', null, 'w2'), null);
      assert.ok(watched.mostCordoned() <= 1);
      assert.equal(twin.model.store.get('leases', 'kube-system', 'capstan-upgrade'), null);
    });
  });
});

async function untilStatus(client: UpgradeClient, cluster: string, wanted: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  for (;;) {
    const status = await client.status(cluster);
    if (wanted(status)) return status;
    assert.ok(status.state === 'running' || status.state === 'paused', `${status.state}: ${JSON.stringify(status.failure)}`);
    await delay(LOOK_MS);
  }
}

/** Takes a machine away with all that ran there, as a cloud does; gives back its Node object. */
function removeNode({ model }: Twin, name: string): ApiObject {
  const node = model.store.get('nodes', null, name);
  assert.ok(node !== null);
  model.kubelets.stop(name);
  model.store.remove('nodes', null, name);
  for (const pod of model.store.list('pods')) if (at(pod, 'spec', 'nodeName') === name) model.store.remove('pods', pod.metadata.namespace ?? null, pod.metadata.name);
  return node;
}

async function upgradeByHand(twin: Twin, name: string): Promise<void> {
  twin.model.kubelets.stop(name);
  twin.model.kubelets.start(name, GENERATED_TARGET);
  await until(`${name} is Ready`, () => isReadyAt(twin, name, GENERATED_TARGET));
}

function isReadyAt({ model }: Twin, name: string, version: string): boolean {
  const node = model.store.get('nodes', null, name);
  return node !== null && isReady(node) && at(node, 'status', 'nodeInfo', 'kubeletVersion') === version;
}
