import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import { accessTo } from '../support/ssh-host.ts';
import { until } from '../support/until.ts';
import { failureOf, openHost, script, startHost } from './open-host.ts';

test('a script gets its arguments, runs without standard input, and both outputs and the exit code come back', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  const result = await hosts.probe(host.host, script('printf "<%s>" "$@"; cat; echo bad >&2; exit 7'), ["it's", '$(id)', '', 'ä\n"b"']);
  assert.deepEqual(result, { exitCode: 7, stdout: '<it\'s><$(id)><><ä\n"b">', stderr: 'bad\n' });
  assert.match(host.commands[0] ?? '', /^sudo -n -- sh '-s' '--' 'capstan' 'probe' 'test'$/);
});

test("what the login shell's own files print is not taken for output", async (context) => {
  const host = await startHost(context, { doubles: { sudo: '#!/bin/sh\necho Welcome\necho "be careful" >&2\nshift 2\nexec "$@"\n' } });
  const hosts = await openHost(context, host);
  assert.deepEqual(await hosts.probe(host.host, script('echo yes'), []), { exitCode: 0, stdout: 'yes\n', stderr: '' });
});

test('output beyond 256 KiB is read and dropped', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  const result = await hosts.probe(host.host, script('head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 4'), []);
  assert.deepEqual([result.exitCode, result.stdout.length, result.stderr.length], [4, 262_144, 262_144]);
});

test('thirty scripts at once share one connection and no more than four channels', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  const results = await Promise.all(Array.from({ length: 30 }, (_, index) => hosts.probe(host.host, script('echo "$1"'), [String(index)])));
  assert.deepEqual(results.map((each) => each.stdout), Array.from({ length: 30 }, (_, index) => `${String(index)}\n`));
  assert.deepEqual(host.load(), { connections: 1, maximumChannels: 4 });
  assert.deepEqual(host.attempts.filter((attempt) => attempt !== 'ops publickey'), []);
});

test('an unused connection is closed, and opened again when it is needed', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host, {}, { idleMs: 10 });
  await hosts.probe(host.host, script('true'), []);
  await until('the connection is closed', () => host.load().connections === 0);
  assert.equal((await hosts.probe(host.host, script('true'), [])).exitCode, 0);
});

test('closing ends the connections', async (context) => {
  const host = await startHost(context);
  const ssh = createSshHosts();
  const hosts = await ssh.openHosts(await accessTo(join(host.root, 'access'), [host]));
  await hosts.probe(host.host, script('true'), []);
  ssh.close();
  await until('the connection is closed', () => host.load().connections === 0);
  assert.equal((await failureOf(hosts.probe(host.host, script('true'), []))).type, 'HostUnreachable');
});

test('a command cut off in the middle is HostUnreachable, and the next one connects anew', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  let seen = '';
  const cutOff = failureOf(hosts.probe(host.host, script('echo begun; exec sleep 60'), [], { onOutput: (text) => { seen += text; } }));
  await until('the script has begun', () => seen !== '');
  host.cut();
  const failure = await cutOff;
  assert.equal(failure.type, 'HostUnreachable');
  assert.match(failure.message, /^node-1 \(127\.0\.0\.1:\d+\): .*result is unknown/);
  assert.equal((await hosts.probe(host.host, script('true'), [])).exitCode, 0);
});

test('a script killed by a signal has an unknown result', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  assert.equal((await failureOf(hosts.probe(host.host, script('kill -9 "$PPID"'), []))).type, 'HostUnreachable');
});

test('a script that takes longer than its time is HostUnreachable', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host);
  const failure = await failureOf(hosts.probe(host.host, script('exec sleep 60'), [], { timeoutMs: 200 }));
  assert.equal(failure.type, 'HostUnreachable');
  assert.match(failure.message, /0\.2 s/);
});

test('an abandoned call ends with the reason of its signal, also while it waits for a place', async (context) => {
  const host = await startHost(context);
  const hosts = await openHost(context, host, {}, { channels: 1 });
  const abort = new AbortController();
  const running = hosts.probe(host.host, script('exec sleep 60'), [], { signal: abort.signal });
  const waiting = hosts.probe(host.host, script('true'), [], { signal: abort.signal });
  await until('the script has begun', () => host.commands.length === 1);
  abort.abort(new Error('no longer wanted'));
  await assert.rejects(running, /no longer wanted/);
  await assert.rejects(waiting, /no longer wanted/);
  assert.equal((await hosts.probe(host.host, script('true'), [])).exitCode, 0);
});
