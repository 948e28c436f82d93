import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import type { Kube } from '../../activities/kubernetes/port.ts';
import { failure, startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { until } from '../support/until.ts';

const SECRET = 'CANARY9xQz7';
const TIMEOUT_MS = 700;

let api: FakeApi;
let server: string;
let folder: string;
before(async () => {
  api = await startFakeApi();
  const { kubeconfig } = api.access;
  assert.ok('file' in kubeconfig);
  server = /"server":"([^"]+)"/.exec(readFileSync(kubeconfig.file, 'utf8'))?.[1] ?? '';
  folder = mkdtempSync(join(tmpdir(), 'capstan-credentials-'));
});
after(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

let files = 0;
async function open(user: unknown, cluster: Record<string, unknown> = {}, execTimeoutMs = TIMEOUT_MS): Promise<Kube> {
  files += 1;
  const file = join(folder, `kubeconfig-${files}`);
  writeFileSync(file, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'c', clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true, ...cluster } }], users: [{ name: 'c', user }], contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  }));
  return createOpenKube({ execTimeoutMs })({ ...api.access, kubeconfig: { file } });
}

function script(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

const exec = (command: string, more: Record<string, unknown> = {}): unknown => ({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never', ...more } });
const credential = (status: Record<string, unknown>): string => JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });

interface Case {
  readonly name: string;
  readonly user: () => unknown;
  readonly cluster?: Record<string, unknown>;
  readonly type: string;
  readonly permanent: boolean;
  readonly says: RegExp;
  readonly next: RegExp;
}

const CASES: readonly Case[] = [
  { name: 'a program that is not there', user: () => exec('no-such-kubelogin', { installHint: 'brew install kubelogin' }), type: 'CredentialsUnusable', permanent: true, says: /no-such-kubelogin .*does not exist/, next: /Install no-such-kubelogin .*brew install kubelogin/ },
  { name: 'a program that is not there, by a path relative to the kubeconfig', user: () => exec('./bin/plugin'), type: 'CredentialsUnusable', permanent: true, says: /\/bin\/plugin .*does not exist/, next: /Install/ },
  { name: 'a program that may not be run', user: () => { const file = script('not-executable', 'exit 0'); chmodSync(file, 0o644); return exec(file); }, type: 'CredentialsUnusable', permanent: true, says: /not-executable .*cannot be started \(EACCES\)/, next: /Install/ },
  { name: 'a program that ends with 1', user: () => exec(script('fails', `echo 'device not enrolled, password=${SECRET}' >&2; exit 1`)), type: 'CredentialsFailed', permanent: false, says: /exit code 1: device not enrolled, password=\[redacted\]/, next: /Run .*fails as the kubeconfig has it/ },
  { name: 'a program that ends with 1 and prints the secret as output', user: () => exec(script('fails-aloud', `echo ${SECRET}; exit 3`)), type: 'CredentialsFailed', permanent: false, says: /exit code 3\.$/, next: /Run/ },
  { name: 'a program that a signal ends', user: () => exec(script('killed', 'kill -9 $$')), type: 'CredentialsFailed', permanent: false, says: /signal SIGKILL/, next: /Run/ },
  { name: 'a program that takes too long', user: () => exec(script('slow', 'echo opening a browser >&2; sleep 600')), type: 'CredentialsFailed', permanent: false, says: /no credential within 0\.7 s: opening a browser/, next: /without a terminal/ },
  { name: 'a program that leaves a child with its output open', user: () => exec(script('leaves', 'sleep 600 & sleep 600')), type: 'CredentialsFailed', permanent: false, says: /within 0\.7 s/, next: /Run/ },
  { name: 'a program that prints the bare token', user: () => exec('/bin/echo', { args: [SECRET] }), type: 'CredentialsFailed', permanent: false, says: /printed something else in place of an ExecCredential/, next: /Run/ },
  { name: 'a program that prints nothing', user: () => exec('/bin/true'), type: 'CredentialsFailed', permanent: false, says: /printed nothing/, next: /Run/ },
  { name: 'a program that prints JSON of another kind', user: () => exec('/bin/echo', { args: [`{"token":"${SECRET}"}`] }), type: 'CredentialsFailed', permanent: false, says: /something else/, next: /Run/ },
  { name: 'a program that gives neither token nor certificate', user: () => exec('/bin/echo', { args: [credential({ clientKeyData: SECRET })] }), type: 'CredentialsFailed', permanent: false, says: /neither a token nor a certificate/, next: /Run/ },
  { name: 'a program that floods', user: () => exec(script('floods', `head -c 3000000 /dev/zero`)), type: 'CredentialsFailed', permanent: false, says: /more than a credential/, next: /Run/ },
  { name: 'a program that gives a token with a line break', user: () => exec('/bin/echo', { args: [credential({ token: `${SECRET}\n${SECRET}` })] }), type: 'CredentialsUnusable', permanent: true, says: /line break/, next: /on one line/ },
  { name: 'a program that needs a person', user: () => exec('/bin/true', { interactiveMode: 'Always' }), type: 'CredentialsUnusable', permanent: true, says: /wants a terminal/, next: /token, a certificate/ },
  { name: 'a plugin without a command', user: () => ({ exec: { apiVersion: 'client.authentication.k8s.io/v1' } }), type: 'CredentialsUnusable', permanent: true, says: /without a command/, next: /users\[\]\.user\.exec/ },
  { name: 'a token over two lines', user: () => ({ token: `eyJhbGciOi${SECRET}\n${SECRET}.payload\n` }), type: 'CredentialsUnusable', permanent: true, says: /line break/, next: /one line/ },
  { name: 'a token with another alphabet', user: () => ({ token: `${SECRET}ключ` }), type: 'CredentialsUnusable', permanent: true, says: /no HTTP header/, next: /one line/ },
  { name: 'a token file that is not there', user: () => ({ 'client-certificate': '/nowhere/client.crt', 'client-key': '/nowhere/client.key' }), type: 'CredentialsUnusable', permanent: true, says: /the file \/nowhere\/client\.\w+ that it names cannot be read/, next: /readable by the worker/ },
  { name: 'an auth provider that fails', user: () => ({ 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/nowhere/gcloud', 'cmd-args': SECRET, 'token-key': '{.t}', 'expiry-key': '{.e}' } } }), type: 'CredentialsFailed', permanent: false, says: /cannot be had/, next: /kubectl/ },
  { name: 'a server with a password in its URL', user: () => ({}), cluster: { server: `https://me:${SECRET}@10.0.0.1:6443` }, type: 'SpecInvalid', permanent: true, says: /10\.0\.0\.1:6443, has a user name or password/, next: /users\[\]\.user/ },
  { name: 'a server without TLS that nobody allowed', user: () => ({ token: SECRET }), cluster: { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': false }, type: 'SpecInvalid', permanent: true, says: /http:\/\/127\.0\.0\.1:1, is reached without TLS/, next: /https/ },
  { name: 'a server that is no URL', user: () => ({}), cluster: { server: SECRET }, type: 'SpecInvalid', permanent: true, says: /not an http or https URL/, next: /clusters\[\]/ },
];

for (const { name, user, cluster, type, permanent, says, next } of CASES) {
  test(`credentials that cannot be used are said without them: ${name}`, { timeout: 30_000 }, async () => {
    const found = await failureOf((async () => (await open(user(), cluster)).serverVersion())());
    assert.deepEqual([found.type, found.permanent], [type, permanent]);
    assert.match(found.message, says);
    assert.match(found.next ?? '', next);
    assert.ok(!`${found.message}${found.next ?? ''}`.includes(SECRET), found.message);
    assert.doesNotMatch(`${found.message}${found.next ?? ''}`, /readyz\?|Headers\.append|ENOENT.*spawn/);
  });
}

test('a damaged key pair is said to be that, not an API that does not answer', async () => {
  const damaged = Buffer.from(`-----BEGIN CERTIFICATE-----\n${SECRET}\n-----END CERTIFICATE-----\n`).toString('base64');
  const kube = await open({ 'client-certificate-data': damaged, 'client-key-data': damaged }, { server: server.replace('http:', 'https:') });
  const found = await failureOf(kube.serverVersion());
  assert.deepEqual([found.type, found.permanent], ['CredentialsUnusable', true]);
  assert.match(found.message, /client certificate, its key or its certificate authority is damaged/);
});

test('a program is asked once for all that wait, again when its credential expires or is refused, and told who asks', { timeout: 30_000 }, async () => {
  const count = join(folder, 'count');
  const info = join(folder, 'info');
  const token = (expires: string): string => credential({ token: `${SECRET}-$(wc -l <${count} | tr -d ' ')`, ...(expires === '' ? {} : { expirationTimestamp: expires }) }).replaceAll('"', '\\"');
  const plugin = (expires: string): string => script('counts', `echo x >>${count}; printf '%s' "$KUBERNETES_EXEC_INFO" >${info}; echo "${token(expires)}"`);
  const kube = await open(exec(plugin(''), { provideClusterInfo: true, env: [{ name: 'PLUGIN_TOKEN', value: 'x' }], args: ['--client-secret', `${SECRET}-argument`] }));
  await Promise.all(Array.from({ length: 20 }, () => kube.getNode('w1')));
  assert.equal(readFileSync(count, 'utf8'), 'x\n');
  const told: unknown = JSON.parse(readFileSync(info, 'utf8'));
  assert.deepEqual(told, { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { cluster: { server, 'insecure-skip-tls-verify': true }, interactive: false } });

  let refused = 0;
  api.intercept(() => {
    refused += 1;
    return refused === 1 ? failure(401, 'Unauthorized', 'Unauthorized') : null;
  });
  await kube.getNode('w1');
  assert.equal(readFileSync(count, 'utf8'), 'x\nx\n');
  api.intercept(() => failure(401, 'Unauthorized', 'Unauthorized'));
  assert.equal((await failureOf(kube.getNode('w1'))).type, 'ApiForbidden');
  api.intercept(null);

  writeFileSync(count, '');
  const short = await open(exec(plugin(new Date(Date.now() + 5_000).toISOString())));
  await short.getNode('w1');
  await short.getNode('w1');
  assert.equal(readFileSync(count, 'utf8'), 'x\nx\n');
});

test('a program that takes too long is ended with all that it started', { timeout: 30_000 }, async () => {
  const pid = join(folder, 'pid');
  const kube = await open(exec(script('starts', `sh -c 'echo $$ >${pid}; sleep 600' & sleep 600`)));
  await failureOf(kube.serverVersion());
  const started = readFileSync(pid, 'utf8').trim();
  // Nobody may have fetched its exit code yet.
  await until('the child has ended', () => !existsSync(`/proc/${started}`) || /^\d+ \(.*\) Z /.test(readFileSync(`/proc/${started}/stat`, 'utf8')));
});

test('an activity that waits for a program says so to Temporal', { timeout: 30_000 }, async () => {
  const kube = await open(exec(script('takes-its-time', `sleep 2; echo '${credential({ token: SECRET })}'`)), {}, 20_000);
  const running = runActivity(() => kube.getNode('w1'), null);
  assert.match((await running.heartbeat(() => true)).message, /waiting for credentials from .*takes-its-time/);
  assert.equal(await running.result, null);
});
