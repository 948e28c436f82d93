import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../support/until.ts';
import { controlPlaneHost } from './control-plane-host.ts';
import type { ControlPlaneHost, FakeProcess } from './control-plane-host.ts';

const STEP = `
leave_seconds=0
leave_load_balancer v1.34.4
prepare_replacements cp1
: > "$STATE/started"
until [ -e "$STATE/done" ]; do sleep 0.05; done
replace_seconds=0
wait_for_replacements
say 'step ended'`;

interface Made {
  readonly host: ControlPlaneHost;
  readonly server: FakeProcess;
  readonly etcd: FakeProcess;
}

async function upgrading(context: TestContext, kubelet: string): Promise<Made> {
  const host = controlPlaneHost(context, ['lib-api-server', 'lib-leave-load-balancer'], { kubelet: `echo 'Kubernetes ${kubelet}'`, kubectl: 'printf "True\\nTrue\\nTrue\\n"' });
  host.put('root/etc/kubernetes/manifests/kube-apiserver.yaml', '    - --advertise-address=10.0.0.1\n');
  host.put('root/etc/kubernetes/manifests/etcd.yaml', '    - --name=cp1\n');
  host.put('root/etc/kubernetes/admin.conf', '    server: https://10.0.0.100:6443\n');
  host.put('root/var/log/pods/kube-system_etcd-cp1_0a/etcd/0.log', '');
  const server = host.process('kube-apiserver', '--advertise-address=10.0.0.1');
  const etcd = host.process('etcd', '--name=cp1');
  await host.until('up-kube-apiserver');
  await host.until('up-etcd');
  return { host, server, etcd };
}

test('the API server leaves first, and an old process is ended when the new kubelet has begun to replace it', async (context) => {
  const { host, server, etcd } = await upgrading(context, 'v1.33.13');
  const step = host.step(STEP);
  await host.until('started');
  await until('the first signal', () => server.signals() === 1);
  assert.equal(etcd.signals(), 0);
  host.put('root/var/log/pods/kube-system_etcd-cp1_0b/etcd/0.log', '');
  await until('the signal to etcd', () => etcd.signals() === 1);
  host.put('root/var/log/pods/kube-system_kube-apiserver-cp1_0c/kube-apiserver/0.log', '');
  await until('the second signal', () => server.signals() === 2);
  assert.match(await step.end(), /leaving the load balancer\n(.*begun to replace it\n){2}step ended\n$/);
});

test('a number that is another process\'s by the time its pod is replaced is not signalled', async (context) => {
  const { host, server, etcd } = await upgrading(context, 'v1.33.13');
  const step = host.step(STEP);
  await host.until('started');
  await until('the first signal', () => server.signals() === 1);
  // etcd has ended, and whoever has its number now is not etcd.
  host.put('process-etcd', '');
  host.put('root/var/log/pods/kube-system_etcd-cp1_0b/etcd/0.log', '');
  await until('the second look', () => /etcd \d+ has ended by itself: not touched/.test(step.output()));
  await step.end();
  assert.equal(etcd.signals(), 0);
});

test('a kubelet of the same minor keeps the static pods: nothing is ended', async (context) => {
  const { host, server, etcd } = await upgrading(context, 'v1.34.2');
  const step = host.step(STEP);
  await host.until('started');
  assert.equal(await step.end(), 'step ended\n');
  assert.deepEqual([server.signals(), etcd.signals()], [0, 0]);
});

test('the only API server stays until the kubelet starts it anew', async (context) => {
  const { host, server, etcd } = await upgrading(context, 'v1.33.13');
  host.put('bin/kubectl', '#!/bin/sh\necho True\n');
  const step = host.step(STEP);
  await host.until('started');
  assert.match(await step.end(), /stays as it is until the kubelet starts it anew: no other API server would answer\nstep ended\n$/);
  assert.deepEqual([server.signals(), etcd.signals()], [0, 0]);
});
