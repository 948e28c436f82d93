import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../support/until.ts';
import { controlPlaneHost } from './control-plane-host.ts';
import type { ControlPlaneHost } from './control-plane-host.ts';

/** The step runs until kubeadm's double sees the file `done`. */
const STEP = `
start_kubelet_wakes cp1
: > "$STATE/started"
until [ -e "$STATE/done" ]; do sleep 0.05; done
stop_kubelet_wakes
say 'step ended'`;

function host(context: TestContext): ControlPlaneHost {
  const made = controlPlaneHost(context, ['lib-api-server', 'lib-wake-kubelet'], {
    kubectl: 'case $* in *" get pod "*) echo "kube-scheduler-cp1 0a1b" ;; *) echo "$*" >> "$STATE/patches" ;; esac',
  });
  made.put('root/etc/kubernetes/manifests/kube-scheduler.yaml', 'old\n');
  return made;
}

function patches(made: ControlPlaneHost): string {
  return existsSync(made.path('patches')) ? readFileSync(made.path('patches'), 'utf8') : '';
}

test('the kubelet is asked to look once the old process of a replaced manifest has ended', async (context) => {
  const made = host(context);
  const scheduler = made.process('kube-scheduler');
  const step = made.step(STEP);
  await made.until('started');
  made.replace('root/etc/kubernetes/manifests/kube-scheduler.yaml', 'new\n');
  await scheduler.end();
  await until('a patch', () => patches(made) !== '');
  await step.end();
  assert.match(patches(made), /patch pod kube-scheduler-cp1 --type=json/);
  assert.match(patches(made), /"test","path":"\/metadata\/annotations\/kubernetes\.io~1config\.hash","value":"0a1b"/);
});

test('nothing is asked while the old process lives', async (context) => {
  const made = host(context);
  made.process('kube-scheduler');
  const step = made.step(STEP);
  await made.until('started');
  made.replace('root/etc/kubernetes/manifests/kube-scheduler.yaml', 'new\n');
  await step.end();
  assert.equal(patches(made), '');
});

test('nothing is asked where two processes have the name', async (context) => {
  const made = host(context);
  made.put('process-kube-scheduler', '501\n502\n');
  const step = made.step(STEP);
  await made.until('started');
  made.replace('root/etc/kubernetes/manifests/kube-scheduler.yaml', 'new\n');
  assert.equal(await step.end(), 'step ended\n');
  assert.equal(patches(made), '');
});
