/**
 * One upgrade of the real lab in which the worker is killed with SIGKILL inside every step, and every way back: a node, all
 * workers, and the whole cluster twice in a row. Everything asserted is read from the hosts and the API.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { labFolder } from '../lab.ts';
import { unitStarts } from '../scenario/evidence.ts';
import { stays, until, untilAnswered } from '../scenario/wait.ts';
import { assertNodesAt, assertWholeAt, hasObject, writeObject } from './cluster-state.ts';
import { WorkerKiller } from './killer.ts';
import { CLUSTER, MINUTES, openScene, SPEC } from './scene.ts';
import type { Scene } from './scene.ts';

const FROM = 'v1.33.13';
const TO = 'v1.34.4';
const ETCD_FROM = '3.5.24';
const CLUSTER_STEPS = ['snapshotEtcd', 'recordControlPlane', 'stageNode'];
const NODE_STEPS = ['upgradeKubeadm', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode'];
const WANTED = new Set([
  ...CLUSTER_STEPS.map((step) => `cluster/${step}`),
  ...['upgradeEtcdMember', 'upgradeControlPlane', ...NODE_STEPS].map((step) => `control-plane/${step}`),
  ...NODE_STEPS.map((step) => `worker/${step}`),
]);

describe('a real cluster whose worker is killed inside every step, and every way back', { timeout: 100 * MINUTES }, () => {
  let scene: Scene;
  let killer: WorkerKiller;
  const measured: Record<string, unknown> = {};

  before(async () => {
    scene = await openScene(true);
    killer = new WorkerKiller({ stage: scene.stage, cluster: CLUSTER, wanted: WANTED, start: scene.startWorker });
    await untilAnswered(scene.stage, ['doctor']);
    await writeObject(scene.lab, 'before-the-upgrade');
  });

  after(async () => {
    await writeFile(join(labFolder, 'kills.json'), `${JSON.stringify(measured, null, 2)}\n`);
    await killer?.close();
    await scene?.close();
  });

  it('upgrades the control plane and the first worker, killed in every step', { timeout: 45 * MINUTES }, async () => {
    const { lab, sayWell, follower } = scene;
    killer.begin();
    await sayWell('start', '-f', SPEC, '--yes');
    await sayWell('pause', '--cluster', CLUSTER, '--after', 'w1', '--reason', 'look at the first worker');
    await follower.until('the pause after w1', (status) => status.state === 'paused' && status.nodes.some(({ name, state }) => name === 'w1' && state === 'done'), 40 * MINUTES);
    await assertNodesAt(lab, ['cp1', 'cp2', 'cp3', 'w1'], TO);
    await assertNodesAt(lab, ['w2'], FROM);
    await writeObject(lab, 'after-the-snapshot');
  });

  it('takes one upgraded worker back while the other waits', { timeout: 20 * MINUTES }, async () => {
    const { lab, sayWell, follower } = scene;
    await sayWell('rollback', 'w1', '--cluster', CLUSTER, '--reason', 'not well with the new version');
    await sayWell('pause', '--cluster', CLUSTER, '--after', 'workers', '--reason', 'look at the second worker');
    await sayWell('resume', '--cluster', CLUSTER);
    await follower.until('the pause after the workers', (status) => status.state === 'paused' && status.nodes.some(({ name, state }) => name === 'w2' && state === 'done'), 15 * MINUTES);
    const status = await until('w1 rolled back', async () => (await follower.status())?.nodes.find(({ name, state }) => name === 'w1' && state === 'rolled-back'), 10 * MINUTES);
    assert.ok(status);
    await assertNodesAt(lab, ['w1'], FROM);
    await assertNodesAt(lab, ['w2'], TO);
  });

  it('takes all workers back, and ends as rolled back with the control plane where it is', { timeout: 20 * MINUTES }, async () => {
    const { lab, say, sayWell } = scene;
    await sayWell('rollback', '--scope', 'workers', '--cluster', CLUSTER, '--reason', 'the version is the cause');
    await sayWell('resume', '--cluster', CLUSTER);
    const ended = await say('watch', '--cluster', CLUSTER);
    assert.equal(ended.code, 5, ended.stdout + ended.stderr);
    await assertNodesAt(lab, ['w1', 'w2'], FROM);
    await assertNodesAt(lab, ['cp1', 'cp2', 'cp3'], TO);
  });

  it('killed the worker inside every step of a control-plane node and of a worker, and ran nothing twice', async () => {
    await killer.stop();
    measured['kills'] = killer.hits;
    assert.deepEqual(killer.missing, []);
    const { lab } = scene;
    for (const { name } of lab.plan.nodes) {
      for (const [unit, count] of Object.entries(await unitStarts(lab, name))) assert.equal(count, 1, `${name}: ${unit} ran ${count} times`);
    }
  });

  for (const [turn, isSecond] of [['brings the whole cluster back to before the upgrade', false], ['does so a second time in a row', true]] as const) {
    it(turn, { timeout: 20 * MINUTES }, async () => {
      const { lab, say } = scene;
      if (isSecond) await writeObject(lab, 'after-the-snapshot');
      const asked = await say('restore', '-f', SPEC);
      assert.equal(asked.code, 64, asked.stdout + asked.stderr);
      assert.match(asked.stdout + asked.stderr, /configmaps/);
      assert.ok(await stays(3_000, async () => (await hasObject(lab, 'after-the-snapshot')) || undefined));
      const begun = performance.now();
      const restored = await say('restore', '-f', SPEC, '--confirm', CLUSTER, '--wait', '--reason', 'the version is the cause');
      measured[isSecond ? 'secondRestoreSeconds' : 'restoreSeconds'] = (performance.now() - begun) / 1000;
      assert.equal(restored.code, 5, restored.stdout + restored.stderr);
      await assertWholeAt(lab, FROM, ETCD_FROM);
      assert.deepEqual([await hasObject(lab, 'before-the-upgrade'), await hasObject(lab, 'after-the-snapshot')], [true, false]);
    });
  }

  it('can be upgraded again', async () => {
    const { say } = scene;
    const plan = await say('preflight', '-f', SPEC);
    assert.ok([0, 2].includes(plan.code), plan.stdout + plan.stderr);
    assert.equal((await say('plan', '-f', SPEC)).code, 2);
  });
});
