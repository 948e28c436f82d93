/**
 * One upgrade of the real lab whose hosts fail under it: a reset in the middle of kubeadm, an etcd member lost between two nodes,
 * a stopped API server, a network that is cut for a minute; and the whole cluster back by a restore whose worker is killed.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { UpgradePlan } from '../../../workflows/domain/plan.ts';
import type { UpgradeStatus } from '../../../workflows/domain/status.ts';
import { labFolder, onHost } from '../lab.ts';
import { nodesOf } from '../scenario/evidence.ts';
import type { Program } from '../scenario/programs.ts';
import { stays, until, untilAnswered, untilOnHost } from '../scenario/wait.ts';
import { assertNodesAt, assertWholeAt, hasObject, writeObject } from './cluster-state.ts';
import { cutNetwork, resetHost, startStaticPod, stopStaticPod } from './host-faults.ts';
import { CLUSTER, MINUTES, openScene, SPEC } from './scene.ts';
import type { Scene } from './scene.ts';

const FROM = 'v1.33.13';
const TO = 'v1.34.4';
const ETCD_FROM = '3.5.24';
// In brackets, so that no shell that looks for it finds itself.
const KUBEADM = 'pgrep -f "[k]ubeadm upgrade (apply|node)"';

describe('a real cluster whose hosts fail while it is upgraded', { timeout: 100 * MINUTES }, () => {
  let scene: Scene;
  let worker: Program;
  let controlPlane: readonly string[];
  // In the order in which they are upgraded: the leader of etcd goes last.
  let first: string;
  let second: string;
  let third: string;
  const measured: Record<string, unknown> = {};
  const stateOf = (status: UpgradeStatus | null, name: string): string | undefined => status?.nodes.find((node) => node.name === name)?.state;

  /** A node's end, with a person who retries it where it is held: the reason is kept. */
  async function untilDone(name: string): Promise<void> {
    const reasons: string[] = [];
    await until(`${name} done`, async () => {
      const status = await scene.follower.status();
      const node = status?.nodes.find((other) => other.name === name);
      if (node?.state === 'held') {
        reasons.push(node.failure?.message ?? 'held without a reason');
        await scene.sayWell('retry', name, '--cluster', CLUSTER);
        await until(`${name} taken up`, async () => stateOf(await scene.follower.status(), name) !== 'held', 2 * MINUTES);
      }
      return node?.state === 'done';
    }, 25 * MINUTES);
    measured[`${name}Held`] = reasons;
    assert.ok(!reasons.includes('held without a reason'));
  }

  before(async () => {
    scene = await openScene(false);
    worker = scene.startWorker();
    await untilAnswered(scene.stage, ['doctor']);
    const plan: UpgradePlan = JSON.parse((await scene.say('plan', '-f', SPEC, '-o', 'json')).stdout);
    controlPlane = plan.phases.find(({ phase }) => phase === 'control-plane')?.groups.flat() ?? [];
    await writeObject(scene.lab, 'before-the-upgrade');
  });

  after(async () => {
    await writeFile(join(labFolder, 'hosts.json'), `${JSON.stringify(measured, null, 2)}\n`);
    await worker?.kill('SIGKILL');
    await scene?.close();
  });

  it('goes on after a host was reset in the middle of kubeadm', { timeout: 40 * MINUTES }, async () => {
    const { lab, sayWell } = scene;
    await sayWell('start', '-f', SPEC, '--yes');
    first = await until('the first control-plane node', async () => {
      const status = await scene.follower.status();
      return controlPlane.find((name) => stateOf(status, name) === 'upgrading');
    }, 10 * MINUTES);
    await sayWell('pause', '--cluster', CLUSTER, '--after', first, '--reason', 'faults');
    await untilOnHost(lab, first, `${KUBEADM} > /dev/null && find /etc/kubernetes/tmp -maxdepth 1 -name 'kubeadm-backup-etcd*' -mmin -5`, 20 * MINUTES);
    await resetHost(lab, first);
    await untilDone(first);
    await assertNodesAt(lab, [first], TO);
  });

  it('begins no control-plane node while an etcd member is lost', { timeout: 40 * MINUTES }, async () => {
    const { lab, sayWell } = scene;
    const pending = controlPlane.filter((name) => name !== first);
    const lost = pending.at(-1) ?? '';
    await stopStaticPod(lab, lost, 'etcd');
    try {
      await sayWell('resume', '--cluster', CLUSTER);
      // The leader goes last, so which of them is next shows itself.
      second = await until('the next control-plane node', async () => {
        const status = await scene.follower.status();
        return pending.find((name) => stateOf(status, name) === 'upgrading');
      }, 5 * MINUTES);
      third = pending.find((name) => name !== second) ?? '';
      await sayWell('pause', '--cluster', CLUSTER, '--after', second, '--reason', 'faults');
      await stays(45_000, async () => ((await onHost(lab, second, KUBEADM, { accept: [0, 1] })) === '' ? true : undefined));
    } finally {
      await startStaticPod(lab, lost, 'etcd');
    }
    await untilOnHost(lab, second, KUBEADM);
  });

  it('goes on while an API server is stopped', { timeout: 40 * MINUTES }, async () => {
    const { lab } = scene;
    await stopStaticPod(lab, first, 'kube-apiserver');
    try {
      await stays(45_000, async () => (stateOf(await scene.follower.status(), second) === 'held' ? undefined : true));
    } finally {
      await startStaticPod(lab, first, 'kube-apiserver');
    }
    await untilDone(second);
    await assertNodesAt(lab, [second], TO);
  });

  it('goes on after the network of a host was cut for a minute', { timeout: 40 * MINUTES }, async () => {
    const { lab, sayWell } = scene;
    await sayWell('pause', '--cluster', CLUSTER, '--after', 'w1', '--reason', 'faults');
    await sayWell('resume', '--cluster', CLUSTER);
    await untilDone(third);
    await until('the kubelet of w1', async () => (await scene.follower.status())?.nodes.some(({ name, step }) => name === 'w1' && step === 'upgradeKubelet'), 20 * MINUTES);
    await cutNetwork(lab, 'w1', 60_000);
    const back = performance.now();
    await untilDone('w1');
    measured['doneAfterTheNetworkSeconds'] = (performance.now() - back) / 1000;
    await assertNodesAt(lab, [third, 'w1'], TO);
    assert.equal((await nodesOf(lab)).find(({ name }) => name === 'w2')?.kubelet, FROM);
  });

  it('brings the whole cluster back in the middle of the upgrade, though the restoring worker is killed', { timeout: 30 * MINUTES }, async () => {
    const { lab, say, sayWell } = scene;
    await writeObject(lab, 'after-the-snapshot');
    const asked = await say('rollback', '--scope', 'cluster', '--cluster', CLUSTER);
    assert.equal(asked.code, 64, asked.stdout + asked.stderr);
    assert.equal((await say('rollback', '--scope', 'cluster', '--cluster', CLUSTER, '--confirm', 'another')).code, 64);
    const begun = performance.now();
    await sayWell('rollback', '--scope', 'cluster', '--cluster', CLUSTER, '--confirm', CLUSTER, '--reason', 'faults');
    await untilOnHost(lab, second, 'pgrep -x kubelet > /dev/null || pgrep -x kube-apiserver > /dev/null || echo stopped');
    await worker.kill('SIGKILL');
    worker = scene.startWorker();
    const ended = await say('watch', '--cluster', CLUSTER);
    measured['restoreWithKilledWorkerSeconds'] = (performance.now() - begun) / 1000;
    assert.equal(ended.code, 5, ended.stdout + ended.stderr);
    await assertWholeAt(lab, FROM, ETCD_FROM);
    assert.deepEqual([await hasObject(lab, 'before-the-upgrade'), await hasObject(lab, 'after-the-snapshot')], [true, false]);
  });
});
