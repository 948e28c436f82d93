import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upgradeNode } from './inputs.ts';
import { describe, startTestTwin } from './twin.ts';

test('the real activities upgrade a worker and a control-plane node of the twin over SSH', async (context) => {
  const twin = await startTestTwin(context, describe(3, 1));
  await upgradeNode(twin, 'w1');
  await upgradeNode(twin, 'cp1');
  const packages = ['kubeadm', 'kubelet', 'kubectl'];
  for (const name of ['w1', 'cp1']) {
    const { machine } = twin.hosts.host(name);
    assert.deepEqual(packages.map((each) => machine.packages.get(each)), packages.map(() => ({ version: '1.34.4-1.1', held: true, half: false })));
    assert.equal(machine.kubelet.version, 'v1.34.4');
    assert.deepEqual(twin.journal.of(name).filter(({ effect }) => effect.startsWith('package ')).map(({ effect }) => effect), packages.map((each) => `package ${each}`));
  }
  assert.equal(twin.hosts.etcd.member('cp1')?.version, '3.6.5');
  assert.equal(twin.hosts.etcd.member('cp2')?.version, '3.5.24');
  assert.notEqual(twin.hosts.etcd.leader()?.name, 'cp1');
  assert.deepEqual(twin.journal.of('cp1').map(({ effect }) => effect).filter((effect) => /etcd member|static pods|kubeadm/.test(effect) && !/hold|package/.test(effect)), [
    'etcd member replaced', 'static pods', 'kubeadm-config', 'kubeadm upgrade apply v1.34.4',
  ]);
  assert.deepEqual(twin.model.calls.filter((call) => call.startsWith('kubelet')), [
    'kubelet of w1 stopped', 'kubelet of w1 started at v1.34.4', 'kubelet of cp1 stopped', 'kubelet of cp1 started at v1.34.4',
  ]);
});

test('one seed gives each node one journal, whatever order the nodes go in and whichever way their scripts run', async (context) => {
  const workers = ['w1', 'w2', 'w3'];
  const [first, second] = [await startTestTwin(context, describe(1, 3)), await startTestTwin(context, describe(1, 3), { way: 'recognised' })];
  for (const name of workers) await upgradeNode(first, name);
  await Promise.all(workers.toReversed().map((name) => upgradeNode(second, name)));
  for (const name of workers) {
    assert.ok(first.journal.of(name).length > 10);
    assert.deepEqual(second.journal.of(name), first.journal.of(name));
  }
  assert.notDeepEqual(first.journal.of('w1').map(({ atMs }) => atMs), first.journal.of('w2').map(({ atMs }) => atMs));
});
