import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import type { ScriptWay } from '../../../simulator/hosts/port.ts';
import { failureOf, runActivity } from '../../support/run-activity.ts';
import { until } from '../../support/until.ts';
import { activities, packageInput, upgradeNode } from './inputs.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

const WAYS: readonly ScriptWay[] = ['shell', 'recognised'];

/** The same of both ways in which scripts run. */
function onBoth(name: string, body: (twin: TestTwin) => Promise<void>, speed = 1000): void {
  for (const way of WAYS) {
    test(`${name} (${way})`, async (context: TestContext) => { await body(await startTestTwin(context, describe(1, 1), { way, speed })); });
  }
}

function effects(twin: TestTwin, name = 'w1'): readonly string[] {
  return twin.journal.of(name).map(({ effect }) => effect);
}

onBoth('packages that were cut off while they were installed are finished by the next intent, each once', async (twin) => {
  twin.hosts.host('w1').addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'kill' } });
  await upgradeNode(twin, 'w1');
  assert.deepEqual(effects(twin).filter((effect) => effect.startsWith('package kube')), ['package kubeadm', 'package kubelet half installed', 'package kubelet configured', 'package kubectl']);
  assert.equal(effects(twin).filter((effect) => effect === 'unit kubelet started').length, 1);
});

onBoth('a host that reboots in a step is upgraded all the same once it is back', async (twin) => {
  const host = twin.hosts.host('w1');
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  await runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'w1')).result;
  host.addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'reboot', downMs: 30_000 } });
  const lost = await failureOf(runActivity(activities(twin).upgradeKubelet, packageInput(twin, 'w1')).result);
  assert.equal(lost.permanent, false);
  await until('the host is up again', () => host.machine.kubelet.running);
  await runActivity(activities(twin).upgradeKubelet, packageInput(twin, 'w1'), 2).result;
  assert.equal(host.machine.kubelet.version, 'v1.34.4');
  assert.ok(effects(twin).includes('host went down') && effects(twin).includes('host came up'));
});

onBoth('a connection that breaks leaves the step running, and the next attempt attaches to it', async (twin) => {
  const host = twin.hosts.host('w1');
  host.addFault({ operation: 'fetch packages', occurrence: 1, effect: { kind: 'cut' } });
  host.addFault({ operation: 'pull image', occurrence: 1, effect: { kind: 'slow', factor: 200 } });
  const lost = await failureOf(runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result);
  assert.equal(lost.type, 'HostUnreachable');
  assert.equal(host.units().length, 1);
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1'), 2).result;
  assert.equal(effects(twin).filter((effect) => effect === 'packages fetched').length, 1);
});

onBoth('a step waits for whoever holds the lock of the package manager', async (twin) => {
  const host = twin.hosts.host('w1');
  const release = host.lockPackages('unattended-upgr');
  const running = runActivity(activities(twin).stageNode, packageInput(twin, 'w1'));
  await running.heartbeat((progress) => JSON.stringify(progress).includes('unattended-upgr'));
  assert.deepEqual(effects(twin), []);
  release();
  await running.result;
  // Slow enough that the ten minutes that apt waits are longer than the test.
}, 20);

onBoth('preflight sees who holds the lock', async (twin) => {
  const args = ['--version', 'v1.33.13', '--minor', '1.33', '--repository', ''];
  const release = twin.hosts.host('w1').lockPackages('unattended-upgr');
  assert.match((await twin.worker.probe(twin.address('w1'), SCRIPTS.checkHost, args)).stdout, /^locked \d+$/m);
  release();
  await until('the lock is free', () => twin.hosts.host('w1').machine.lock === null);
  assert.doesNotMatch((await twin.worker.probe(twin.address('w1'), SCRIPTS.checkHost, args)).stdout, /^locked/m);
});

onBoth('a kubelet that ends right after its start is reported with its journal, and runs at the next try once its cause is gone', async (twin) => {
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  twin.hosts.host('w1').crashKubelet('failed to parse kubelet flag: unknown flag: --pod-infra-container-image');
  const failure = await failureOf(runActivity(activities(twin).upgradeKubelet, packageInput(twin, 'w1')).result);
  assert.equal(failure.type, 'HostStepFailed');
  assert.match(failure.message, /the kubelet ended right after its start/);
  assert.match(failure.message, /unknown flag: --pod-infra-container-image/);
  const { machine } = twin.hosts.host('w1');
  assert.equal(machine.kubelet.running, false);
  twin.hosts.host('w1').crashKubelet(null);
  await until('the kubelet runs', () => machine.kubelet.running);
  assert.equal(machine.kubelet.version, 'v1.34.4');
});

onBoth('kubeadm that fails once changes nothing, and goes through when it is tried again', async (twin) => {
  twin.hosts.host('w1').addFault({ operation: 'kubeadm upgrade', occurrence: 1, effect: { kind: 'fail', exitCode: 1, message: 'error: timed out waiting for the condition' } });
  const failure = await failureOf(runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'w1')).result);
  assert.match(failure.message, /timed out waiting for the condition/);
  assert.equal(effects(twin).includes('kubeadm upgrade node'), false);
  await runActivity(activities(twin).upgradeKubeadm, { ...packageInput(twin, 'w1'), retry: 1 }).result;
  assert.equal(effects(twin).filter((effect) => effect === 'kubeadm upgrade node').length, 1);
});

onBoth('a full disk ends the download with the words of the package manager', async (twin) => {
  twin.hosts.host('w1').setFreeDiskKib(1024);
  const failure = await failureOf(runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result);
  assert.match(failure.message, /enough free space in \/var\/lib\/capstan/);
});

test('a script that differs by one character is not guessed: it fails with exit code 70 and says so', async (context) => {
  const twin = await startTestTwin(context, describe(1, 1), { way: 'recognised' });
  const changed = { name: 'check-host', text: SCRIPTS.checkHost.text.replace('free ', 'free  ') };
  await assert.rejects(twin.worker.probe(twin.address('w1'), changed, []), /the twin does not know this script/);
  const step = { upgrade: 'u1', node: 'w1', step: 'stageNode', args: [], retry: 0, fence: { epochMs: 1, attempt: 1 } };
  await assert.rejects(twin.worker.runStep(twin.address('w1'), { ...step, script: { name: 'stage-node', text: `${SCRIPTS.stageNode.text}\n` } }), /the twin does not know this script/);
  assert.deepEqual(twin.journal.all(), []);
});

test('only the key of the twin is let in, for its user', async (context) => {
  const [twin, other] = [await startTestTwin(context, describe(1, 1)), await startTestTwin(context, describe(1, 1))];
  const stranger = { ...twin.access, ssh: { ...twin.access.ssh, privateKey: other.access.ssh.privateKey } };
  await assert.rejects(twin.open(stranger).then((hosts) => hosts.probe(twin.address('w1'), SCRIPTS.readEtcd, [])), /does not let "ops" in/);
  const somebody = { ...twin.access, ssh: { ...twin.access.ssh, user: 'somebody' } };
  await assert.rejects(twin.open(somebody).then((hosts) => hosts.probe(twin.address('w1'), SCRIPTS.readEtcd, [])), /does not let "somebody" in/);
});

test('nothing of a twin outlives it', async (context) => {
  const twin = await startTestTwin(context, describe(3, 1));
  const host = twin.hosts.host('w1');
  host.addFault({ operation: 'fetch packages', effect: { kind: 'slow', factor: 1_000_000 } });
  const running = runActivity(activities(twin).stageNode, packageInput(twin, 'w1'));
  await until('the step runs', () => host.units().length === 1);
  await twin.hosts.stop();
  assert.equal((await failureOf(running.result)).type, 'HostUnreachable');
  assert.deepEqual(host.units(), []);
});
