import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fingerprintOf } from '../../activities/hosts/host-key.ts';
import type { Failure } from '../../workflows/domain/failure.ts';
import { accessTo, knownHostsLine, newPrivateKey, publicKeyOf } from '../support/ssh-host.ts';
import type { SshHost } from '../support/ssh-host.ts';
import { until } from '../support/until.ts';
import { failureOf, openHost, openTo, script, startHost } from './open-host.ts';

test('a host whose key changed is refused before any credential is sent', async (context) => {
  const host = await startHost(context);
  const access = await accessTo(join(host.root, 'access'), [host]);
  const other = publicKeyOf(newPrivateKey());
  const knownHosts = join(host.root, 'access', 'known_hosts');
  await writeFile(knownHosts, `# hosts\n${knownHostsLine(host.port, other)}\n`);
  const failure = await failureOf((await openTo(context, access)).probe(host.host, script('true'), []));
  assert.equal(failure.type, 'HostKeyMismatch');
  for (const part of ['node-1 (127.0.0.1:', fingerprintOf(host.hostKey), fingerprintOf(other), `${knownHosts}:2`]) assert.ok(failure.message.includes(part), `${part} in ${failure.message}`);
  assert.match(failure.next ?? '', /ssh-keygen -lf \/etc\/ssh\/ssh_host_ed25519_key\.pub.*ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f /);
  assert.deepEqual(host.attempts, []);
});

const refusedKeys: readonly (readonly [rule: string, line: (host: SshHost) => string, message: RegExp])[] = [
  ['a host that known_hosts does not have is refused', () => '', /the host is not in known_hosts/],
  ['a revoked host key is refused', (host) => `${host.knownHostsLine}\n@revoked ${host.knownHostsLine}`, /line 2 of .* revokes/],
  ['a host known by an authority only is refused, with that reason', (host) => `@cert-authority ${host.knownHostsLine}`, /certificate authority only/],
];

for (const [rule, line, message] of refusedKeys) {
  test(rule, async (context) => {
    const host = await startHost(context);
    const access = await accessTo(join(host.root, 'access'), [host]);
    await writeFile(join(host.root, 'access', 'known_hosts'), `${line(host)}\n`);
    const failure = await failureOf((await openTo(context, access)).probe(host.host, script('true'), []));
    assert.equal(failure.type, 'HostKeyMismatch');
    assert.match(failure.message, message);
    assert.deepEqual(host.attempts, []);
  });
}

test('a host with several keys is asked for the one that is known', async (context) => {
  const keys = [newPrivateKey(), newPrivateKey('ecdsa')];
  const host = await startHost(context, { hostKeys: keys });
  const access = await accessTo(join(host.root, 'access'), [host]);
  await writeFile(join(host.root, 'access', 'known_hosts'), knownHostsLine(host.port, publicKeyOf(keys[1] ?? '')));
  assert.equal((await (await openTo(context, access)).probe(host.host, script('true'), [])).exitCode, 0);
});

test("a host is also known by its node's name", async (context) => {
  const host = await startHost(context, { name: 'w1' });
  const access = await accessTo(join(host.root, 'access'), [host]);
  await writeFile(join(host.root, 'access', 'known_hosts'), knownHostsLine(host.port, host.hostKey, 'w1'));
  assert.equal((await (await openTo(context, access)).probe(host.host, script('true'), [])).exitCode, 0);
});

test('a key that the host does not take is named with user and fingerprint', async (context) => {
  const host = await startHost(context);
  const access = await accessTo(join(host.root, 'access'), [host]);
  const other = newPrivateKey();
  const file = join(host.root, 'access', 'id_ed25519');
  await writeFile(file, other);
  const failure = await failureOf((await openTo(context, access)).probe(host.host, script('true'), []));
  assert.equal(failure.type, 'SshAuthenticationFailed');
  for (const part of ['"ops"', file, fingerprintOf(publicKeyOf(other))]) assert.ok(failure.message.includes(part), failure.message);
});

test('a user that the host does not know is refused', async (context) => {
  const host = await startHost(context, { user: 'somebody' });
  assert.equal((await failureOf((await openHost(context, host)).probe(host.host, script('true'), []))).type, 'SshAuthenticationFailed');
});

test('a host that is down is HostUnreachable with the cause', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  await host.stop();
  const failure = await failureOf(hosts.probe(host.host, script('true'), []));
  assert.equal(failure.type, 'HostUnreachable');
  assert.match(failure.message, /node-1 \(127\.0\.0\.1:\d+\): SSH could not connect: .*ECONNREFUSED/);
});

test('a host that hangs up before it is ready is HostUnreachable', async (context) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    socket.end('SSH-2.0-x\r\n');
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  context.after(() => new Promise((resolve) => { server.close(resolve); }));
  const host = await startHost(context);
  const { port } = server.address() as AddressInfo;
  const failure = await failureOf((await openHost(context, host)).probe({ ...host.host, port }, script('true'), []));
  assert.equal(failure.type, 'HostUnreachable');
});

test('sudo that asks for a password is refused with the line that allows it', async (context) => {
  const host = await startHost(context, { doubles: { sudo: '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n' } });
  const failure = await failureOf((await openHost(context, host)).probe(host.host, script('true'), []));
  assert.equal(failure.type, 'SudoRefused');
  assert.match(failure.message, /node-1 .*"ops".*sudo: a password is required/);
  assert.match(failure.next ?? '', /NOPASSWD.*visudo -c/);
});

test('without sudo the user must be root', async (context) => {
  const host = await startHost(context, { userId: 1000 });
  const failure = await failureOf((await openHost(context, host, { become: 'none' })).probe(host.host, script('true'), []));
  assert.equal(failure.type, 'SudoRefused');
  assert.match(failure.message, /user id 1000, not as root/);
  const root = await startHost(context);
  assert.equal((await (await openHost(context, root, { become: 'none' })).probe(root.host, script('true'), [])).exitCode, 0);
  assert.doesNotMatch(root.commands[0] ?? '', /sudo/);
});

test('hosts behind a bastion are reached over one connection to it, with both keys verified', async (context) => {
  const [jump, one, two] = [await startHost(context, { user: 'jumper' }), await startHost(context, { name: 'w1' }), await startHost(context, { name: 'w2' })];
  const access = await accessTo(join(jump.root, 'access'), [jump, one, two], { bastion: { address: '127.0.0.1', port: jump.port, user: 'jumper' } });
  const hosts = await openTo(context, access);
  const results = await Promise.all([one, two].flatMap((each) => [hosts.probe(each.host, script('pwd'), []), hosts.probe(each.host, script('pwd'), [])]));
  assert.deepEqual(results.map((each) => each.exitCode), [0, 0, 0, 0]);
  assert.deepEqual([jump.load().connections, one.load().connections, two.load().connections], [1, 1, 1]);
  assert.deepEqual([jump.commands, [...new Set(jump.attempts)]], [[], ['jumper publickey']]);

  let seen = '';
  const cutOff = failureOf(hosts.probe(one.host, script('echo begun; exec sleep 60'), [], { onOutput: (text) => { seen += text; } }));
  await until('the script has begun', () => seen !== '');
  one.cut();
  assert.equal((await cutOff).type, 'HostUnreachable');
  assert.equal((await hosts.probe(one.host, script('true'), [])).exitCode, 0);
  assert.equal(jump.load().connections, 1);

  jump.cut();
  await until('the connections behind it end', () => one.load().connections === 0);
  assert.equal((await hosts.probe(one.host, script('true'), [])).exitCode, 0);
});

test('a bastion whose key changed is refused, and nothing goes through it', async (context) => {
  const [jump, one] = [await startHost(context), await startHost(context, { name: 'w1' })];
  const access = await accessTo(join(jump.root, 'access'), [one], { bastion: { address: '127.0.0.1', port: jump.port, user: 'ops' } });
  const failure = await failureOf((await openTo(context, access)).probe(one.host, script('true'), []));
  assert.equal(failure.type, 'HostKeyMismatch');
  assert.match(failure.message, /^bastion \(127\.0\.0\.1:\d+\): the host is not in known_hosts/);
  assert.deepEqual([jump.attempts, one.attempts], [[], []]);
});

test('a host behind a bastion is verified too', async (context) => {
  const [jump, one] = [await startHost(context), await startHost(context, { name: 'w1' })];
  const access = await accessTo(join(jump.root, 'access'), [jump], { bastion: { address: '127.0.0.1', port: jump.port, user: 'ops' } });
  const failure = await failureOf((await openTo(context, access)).probe(one.host, script('true'), []));
  assert.equal(failure.type, 'HostKeyMismatch');
  assert.match(failure.message, /^w1 /);
  assert.deepEqual(one.attempts, []);
});

test('a host that the bastion cannot reach is HostUnreachable and names both', async (context) => {
  const [jump, one] = [await startHost(context), await startHost(context, { name: 'w1' })];
  const access = await accessTo(join(jump.root, 'access'), [jump, one], { bastion: { address: '127.0.0.1', port: jump.port, user: 'ops' } });
  const hosts = await openTo(context, access);
  await one.stop();
  const failure = await failureOf(hosts.probe(one.host, script('true'), []));
  assert.equal(failure.type, 'HostUnreachable');
  assert.match(failure.message, /^w1 \(127\.0\.0\.1:\d+\): the bastion 127\.0\.0\.1 could not reach it/);
});

const badKeys: readonly (readonly [rule: string, text: string | null, type: Failure['type'], message: RegExp])[] = [
  ['a private key that is not there is named by its path in the spec', null, 'FileMissing', /^spec\.access\.ssh\.privateKey\.file names .*id_ed25519, which does not exist/],
  ['a file that is no private key is refused', 'nonsense', 'SshAuthenticationFailed', /holds no private key/],
  ['a private key with a passphrase is refused', '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n', 'SshAuthenticationFailed', /protected by a passphrase/],
];

for (const [rule, text, type, message] of badKeys) {
  test(rule, async (context) => {
    const host = await startHost(context);
    const access = await accessTo(join(host.root, 'access'), [host]);
    const file = join(host.root, 'access', 'id_ed25519');
    if (text === null) Object.assign(access.ssh, { privateKey: { file: `${file}.none/id_ed25519` } });
    else await writeFile(file, text);
    const failure = await failureOf(openTo(context, access));
    assert.equal(failure.type, type);
    assert.match(failure.message, message);
    assert.doesNotMatch(failure.message, /nonsense/);
  });
}

test('a key from an environment variable works, and one that is not set is named', async (context) => {
  const host = await startHost(context);
  const access = await accessTo(join(host.root, 'access'), [host], { privateKey: { env: 'CAPSTAN_TEST_NO_SUCH_KEY' } });
  const failure = await failureOf(openTo(context, access));
  assert.equal(failure.type, 'FileMissing');
  assert.match(failure.message, /^spec\.access\.ssh\.privateKey\.env names the environment variable CAPSTAN_TEST_NO_SUCH_KEY/);
});
