import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { exposureFindings } from '../../activities/preflight/exposure-findings.ts';
import type { AccessSpec } from '../../workflows/domain/spec.ts';

const VARIABLE = 'CAPSTAN_TEST_EXPOSURE';
const token = { token: 'a-token-of-a-test' };

const cases: readonly (readonly [name: string, cluster: Record<string, unknown>, user: unknown, severity: string | null])[] = [
  ['verified TLS', { server: 'https://10.0.0.1:6443' }, token, null],
  ['TLS that nobody verifies', { server: 'https://10.0.0.1:6443', 'insecure-skip-tls-verify': true }, token, 'warn'],
  ['TLS that nobody verifies, on this machine: a port that is forwarded', { server: 'https://127.0.0.1:6443', 'insecure-skip-tls-verify': true }, token, 'warn'],
  ['a token without TLS', { server: 'http://10.0.0.1:8080', 'insecure-skip-tls-verify': true }, token, 'block'],
  ['a password without TLS', { server: 'http://api.corp:8080', 'insecure-skip-tls-verify': true }, { username: 'me', password: 'x' }, 'block'],
  ["a plugin's credentials without TLS", { server: 'http://[fd00::1]:8080', 'insecure-skip-tls-verify': true }, { exec: { command: 'x', apiVersion: 'client.authentication.k8s.io/v1' } }, 'block'],
  ['no credentials and no TLS', { server: 'http://10.0.0.1:8080', 'insecure-skip-tls-verify': true }, {}, 'warn'],
  ['a proxy on this machine', { server: 'http://127.0.0.1:8001', 'insecure-skip-tls-verify': true }, token, null],
  ['a proxy on this machine, by IPv6', { server: 'http://[::1]:8001', 'insecure-skip-tls-verify': true }, token, null],
  ['a host that only begins like this machine', { server: 'http://127.0.0.1.evil.example:8001', 'insecure-skip-tls-verify': true }, token, 'block'],
];

for (const [name, cluster, user, severity] of cases) {
  test(`the preflight says who can read the way to the API server: ${name}`, async () => {
    process.env[VARIABLE] = JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', clusters: [{ name: 'c', cluster }], users: [{ name: 'c', user }], contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }] });
    const kubeconfig: AccessSpec['kubeconfig'] = { env: VARIABLE };
    const kube = await createOpenKube()({ transport: 'ssh', kubeconfig, ssh: { user: 'ops', port: 22, privateKey: { file: '/k' }, knownHosts: { file: '/h' }, bastion: null, become: 'sudo' } });
    assert.deepEqual(exposureFindings(kube).map((finding) => [finding.check, finding.severity]), severity === null ? [] : [['kubeconfig-transport', severity]]);
  });
}
