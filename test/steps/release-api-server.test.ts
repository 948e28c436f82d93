import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { diskFiles } from '../../simulator/hosts/files.ts';
import { layFirstProcess, layProcess } from '../../simulator/hosts/process-files.ts';
import type { ShownProcess } from '../../simulator/hosts/process-files.ts';
import { until } from '../support/until.ts';

const SCRIPTS = join(import.meta.dirname, '..', '..', 'activities', 'hosts', 'scripts');
const LIBRARIES = ['lib-common', 'lib-processes', 'lib-api-server', 'lib-wake-kubelet', 'lib-release-api-server'].map((name) => readFileSync(join(SCRIPTS, `${name}.sh`), 'utf8')).join('\n');

/** The step runs until kubeadm's double sees the file `done`. */
const STEP = `${LIBRARIES}
start_api_server_release "$1" v1.34.4 cp1
: > "$STATE/started"
until [ -e "$STATE/done" ]; do sleep 0.05; done
stop_api_server_release
say 'step ended'`;

// Above what Linux gives to a process.
const [OLD_MEMBER, NEW_MEMBER, STRANGER] = [5_000_001, 5_000_002, 5_000_003];

const DOUBLES = {
  pgrep: '[ "$2" != etcd ] || echo look >> "$STATE/looks"; cat "$STATE/process-$2" 2> /dev/null',
  kubeadm: 'echo registry.k8s.io/etcd:3.6.5-0',
} as const;

/** A host with a process that counts its SIGTERMs in place of an API server. */
function host(context: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'capstan-release-'));
  const path = (name: string): string => join(home, name);
  const put = (name: string, text: string): void => {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(path(name), text);
  };
  for (const [name, body] of Object.entries(DOUBLES)) {
    put(`bin/${name}`, `#!/bin/sh\n${body}\n`);
    chmodSync(path(`bin/${name}`), 0o755);
  }
  const env = { PATH: `${path('bin')}:/usr/bin:/bin`, STATE: home, CAPSTAN_ROOT: path('root'), CAPSTAN_PROC: path('proc') };
  const server = spawn('/bin/sh', ['-c', 'trap "echo TERM >> $STATE/signals" TERM; : > "$STATE/signals"; until [ -e "$STATE/end" ]; do sleep 0.05; done'], { env });
  const serverEnded = new Promise((resolve) => server.on('exit', resolve));
  context.after(async () => {
    writeFileSync(path('end'), '');
    await serverEnded;
    rmSync(home, { recursive: true, force: true });
  });
  layFirstProcess(diskFiles(), path('proc'));
  const isServer = (process: number, change: Partial<ShownProcess> = {}): void => { layProcess(diskFiles(), path('proc'), process, { name: 'kube-apiserver', args: ['--advertise-address=10.0.0.1'], ...change }); };
  const isMember = (process: number, change: Partial<ShownProcess> = {}): void => { layProcess(diskFiles(), path('proc'), process, { name: 'etcd', ...change }); };
  isServer(server.pid ?? 0);
  put('process-kube-apiserver', `${server.pid}\n`);
  for (const member of [OLD_MEMBER, NEW_MEMBER]) isMember(member);
  put('process-etcd', `${OLD_MEMBER}\n`);
  put('root/etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01/x', '');
  put('root/etc/kubernetes/manifests/kube-apiserver.yaml', '    - --advertise-address=10.0.0.1\n');
  put('root/etc/kubernetes/manifests/etcd.yaml', '    image: registry.k8s.io/etcd:3.5.24-0\n');
  put('root/etc/kubernetes/admin.conf', '    server: https://10.0.0.100:6443\n');
  const signals = (): number => (existsSync(path('signals')) ? readFileSync(path('signals'), 'utf8').split('TERM').length - 1 : 0);
  const step = (count: number) => {
    let output = '';
    const child = spawn('/bin/sh', ['-c', STEP, 'step', String(count)], { env });
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    const ended = new Promise<string>((resolve) => child.on('close', () => resolve(output)));
    return { output: () => output, end: (): Promise<string> => (put('done', ''), ended) };
  };
  const backUp = (): void => put('root/etc/kubernetes/tmp/kubeadm-backup-etcd-2026-02-02/x', '');
  const looks = (): number => readFileSync(path('looks'), 'utf8').split('look').length - 1;
  return { put, step, signals, looks, server: server.pid ?? 0, backUp, isServer, isMember, until: (what: string) => until(what, () => existsSync(path(what))) };
}

test('the API server is ended when kubeadm backs etcd up, and once more when the new member runs', async (context) => {
  const made = host(context);
  await made.until('signals');
  const step = made.step(3);
  await made.until('started');
  made.backUp();
  await until('one signal', () => made.signals() === 1);
  made.put('process-etcd', '');
  made.put('process-etcd', `${NEW_MEMBER}\n`);
  await until('two signals', () => made.signals() === 2);
  const output = await step.end();
  assert.match(output, /leaving the load balancer\n.*starting again\nstep ended\n$/s);
});

test('another API server process than the one that was asked to leave gets no signal', async (context) => {
  const made = host(context);
  await made.until('signals');
  const step = made.step(3);
  await made.until('started');
  made.backUp();
  await until('one signal', () => made.signals() === 1);
  made.isServer(4_194_305);
  made.put('process-kube-apiserver', '4194305\n');
  made.put('process-etcd', `${NEW_MEMBER}\n`);
  await until('the companion is done', () => step.output().includes('ended by itself'));
  await step.end();
  assert.equal(made.signals(), 1);
});

for (const { whose, change } of [
  { whose: 'a local user', change: { user: 1000, cgroup: '/user.slice/user-1000.slice/session-1.scope' } },
  { whose: 'a user who is root in a namespace of their own', change: { ownNamespace: true } },
  { whose: 'a pod of the API', change: { cgroup: '/kubepods/burstable/pod1b4e28ba-2fa1-11d2-883f-0016d3cca427/5f1c' } },
] as const) {
  test(`an etcd or an API server of ${whose} neither keeps the API server from leaving nor is taken for the new one`, async (context) => {
    const made = host(context);
    await made.until('signals');
    made.isMember(STRANGER, change);
    made.isServer(STRANGER + 1, change);
    made.put('process-etcd', `${STRANGER}\n${OLD_MEMBER}\n`);
    made.put('process-kube-apiserver', `${STRANGER + 1}\n${made.server}\n`);
    const step = made.step(3);
    await made.until('started');
    made.backUp();
    await until('one signal', () => made.signals() === 1);
    // As if the old member had ended: what is left is no member.
    made.put('process-etcd', `${STRANGER}\n`);
    await made.until('looks');
    made.put('looks', '');
    await until('two more looks', () => made.looks() >= 2);
    assert.equal(made.signals(), 1);
    made.put('process-etcd', `${STRANGER}\n${NEW_MEMBER}\n`);
    await until('two signals', () => made.signals() === 2);
    await step.end();
  });
}

test('a companion that still waits ends with the step', async (context) => {
  const made = host(context);
  await made.until('signals');
  assert.equal(await made.step(3).end(), 'step ended\n');
  assert.equal(made.signals(), 0);
});

const REFUSALS = [
  { rule: 'the only control-plane node', count: 1, file: 'unused', text: '', says: /no other API server/ },
  { rule: 'an etcd member that stays as it is', count: 3, file: 'root/etc/kubernetes/manifests/etcd.yaml', text: '    image: registry.k8s.io/etcd:3.6.5-0\n', says: /etcd stays at 3\.6\.5-0/ },
  { rule: 'an admin.conf of this node alone', count: 3, file: 'root/etc/kubernetes/admin.conf', text: '    server: https://10.0.0.1:6443\n', says: /not to a load balancer/ },
  { rule: 'external etcd', count: 3, file: 'process-etcd', text: '', says: /no single etcd process is the member of this node/ },
  { rule: 'no API server process', count: 3, file: 'process-kube-apiserver', text: '', says: /no single kube-apiserver/ },
  { rule: 'an API server of another cluster', count: 3, file: 'root/etc/kubernetes/manifests/kube-apiserver.yaml', text: '    - --advertise-address=10.9.9.9\n', says: /no single kube-apiserver/ },
] as const;

for (const { rule, count, file, text, says } of REFUSALS) {
  test(`the API server is left alone: ${rule}`, async (context) => {
    const made = host(context);
    await made.until('signals');
    made.put(file, text);
    const step = made.step(count);
    await until('the refusal', () => says.test(step.output()));
    made.backUp();
    await step.end();
    assert.equal(made.signals(), 0);
  });
}
