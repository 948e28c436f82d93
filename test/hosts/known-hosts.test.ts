import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { algorithmsFor } from '../../activities/hosts/algorithms.ts';
import { judgeKey, linesFor, linesOfHost, parseKnownHosts } from '../../activities/hosts/known-hosts.ts';
import type { HostKeyVerdict } from '../../activities/hosts/known-hosts.ts';
import { newPrivateKey, publicKeyOf } from '../support/ssh-host.ts';

const ours = publicKeyOf(newPrivateKey());
const theirs = publicKeyOf(newPrivateKey());
const ecdsa = publicKeyOf(newPrivateKey('ecdsa'));

function line(hosts: string, key = ours, type = 'ssh-ed25519'): string {
  return `${hosts} ${type} ${key.toString('base64')} somebody@somewhere`;
}

function verdict(text: string, address: string, port = 22, key = ours): HostKeyVerdict['kind'] {
  return judgeKey(linesFor(parseKnownHosts(text), address, port), key).kind;
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

const cases: readonly (readonly [rule: string, text: string, address: string, port: number, expected: HostKeyVerdict['kind']])[] = [
  ['a plain name is known', line('node-1'), 'node-1', 22, 'known'],
  ['names are compared without regard to case', line('Node-1'), 'nODE-1', 22, 'known'],
  ['one of several names is known', line('a,node-1,10.0.0.1'), '10.0.0.1', 22, 'known'],
  ['another name is unknown', line('node-1'), 'node-2', 22, 'unknown'],
  ['a dot is no wildcard', line('node.1'), 'nodex1', 22, 'unknown'],
  ['a name with another port is unknown', line('node-1'), 'node-1', 2222, 'unknown'],
  ['a name in brackets is known at its port', line('[node-1]:2222'), 'node-1', 2222, 'known'],
  ['a name in brackets is unknown at another port', line('[node-1]:2222'), 'node-1', 22, 'unknown'],
  ['an IPv6 address in brackets is known', line('[fd00::1]:2222'), 'fd00::1', 2222, 'known'],
  ['a star stands for any characters', line('*.example'), 'a.b.example', 22, 'known'],
  ['a question mark stands for one character', line('node-?'), 'node-12', 22, 'unknown'],
  ['a negated pattern takes a host out', line('*.example,!bad.example'), 'bad.example', 22, 'unknown'],
  ['a negated pattern takes out first or last', line('!bad.example,*.example'), 'bad.example', 22, 'unknown'],
  ['a hashed name is known', line(hashed('node-1')), 'node-1', 22, 'known'],
  ['a hashed name with port is known', line(hashed('[node-1]:2222')), 'node-1', 2222, 'known'],
  ['a hashed name hides no other', line(hashed('node-1')), 'node-2', 22, 'unknown'],
  ['one of several keys is enough', `${line('node-1', theirs)}\n${line('node-1')}`, 'node-1', 22, 'known'],
  ['another key is a changed key', line('node-1', theirs), 'node-1', 22, 'changed'],
  ['another kind of key is a changed key', line('node-1', ecdsa, 'ecdsa-sha2-nistp256'), 'node-1', 22, 'changed'],
  ['a revoked key is refused though it is known', `${line('node-1')}\n@revoked ${line('*')}`, 'node-1', 22, 'revoked'],
  ['another revoked key does not matter', `${line('node-1')}\n@revoked ${line('*', theirs)}`, 'node-1', 22, 'known'],
  ['an authority alone is named', `@cert-authority ${line('*', theirs)}`, 'node-1', 22, 'authority'],
  ["an authority's own key is no host key", `@cert-authority ${line('*')}`, 'node-1', 22, 'authority'],
  ['a key beside an authority counts', `@cert-authority ${line('*', theirs)}\n${line('node-1')}`, 'node-1', 22, 'known'],
  ['comments, empty and damaged lines are passed over', `# node-1\n\nnode-1\nnode-1 ssh-ed25519 AAAA\n@other ${line('node-1', theirs)}\n${line('node-1')}\r`, 'node-1', 22, 'known'],
  ['a line whose type is not its key\'s is passed over', line('node-1', ours, 'ssh-rsa'), 'node-1', 22, 'unknown'],
];

for (const [rule, text, address, port, expected] of cases) {
  test(rule, () => { assert.equal(verdict(text, address, port), expected); });
}

test('a changed key names the lines that say otherwise', () => {
  const known = parseKnownHosts(`# first\n${line('other')}\n${line('node-1', theirs)}`);
  const found = judgeKey(linesFor(known, 'node-1', 22), ours);
  assert.deepEqual(found.kind === 'changed' ? found.expected.map((each) => each.line) : [], [3]);
});

test('the host is first asked for a key of the kind that is known', () => {
  const known = parseKnownHosts(line('node-1', ecdsa, 'ecdsa-sha2-nistp256'));
  const algorithms = algorithmsFor(known).serverHostKey;
  assert.ok(Array.isArray(algorithms));
  assert.equal(algorithms[0], 'ecdsa-sha2-nistp256');
  assert.equal(algorithms.length, 6);
});

test('a pattern costs its length times that of the name, however many stars it has, and means the same', () => {
  const known = parseKnownHosts([`${'*'.repeat(5_000)}x`, `${'*a'.repeat(2_000)}b`, `${'a*'.repeat(30)}b`, `${'?*'.repeat(1_000)}z`].map((pattern) => line(pattern)).join('\n'));
  const startMs = performance.now();
  assert.deepEqual(linesFor(known, 'a'.repeat(253), 22), []);
  assert.ok(performance.now() - startMs < 1_000);
  const patterns: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
    ['*', 'a', true], ['**', 'a', true], ['a*b*c', 'axxbyyc', true], ['a*b*c', 'axxbyy', false], ['*.example', '.example', true], ['a?c', 'abc', true], ['a?c', 'ac', false],
    ['*a*a*a', 'aaa', true], ['*a*a*a', 'aa', false], ['10.0.0.*', '10.0.0.12', true], ['10.0.0.*', '10.0.1.12', false], ['10.0.0.1', '10x0x0x1', false], ['[a-z]', 'b', false], ['', 'a', false], ['node-1*', 'node-1', true],
  ];
  for (const [pattern, name, matches] of patterns) assert.equal(linesFor(parseKnownHosts(line(pattern)), name, 22).length === 1, matches, `${pattern} ${name}`);
});

test("a line that only revokes, or names an authority, does not hide the line of the node's name", () => {
  const judged = (text: string): string => judgeKey(linesOfHost(parseKnownHosts(text), { name: 'node-1', address: '10.0.0.1', port: 22 }), ours).kind;
  assert.equal(judged(`@revoked ${line('*', theirs)}\n${line('node-1')}`), 'known');
  assert.equal(judged(`@cert-authority ${line('*', theirs)}\n${line('node-1')}`), 'known');
  assert.equal(judged(`@revoked ${line('*')}\n${line('node-1')}`), 'revoked');
  assert.equal(judged(`@cert-authority ${line('10.0.0.*', theirs)}`), 'authority');
  assert.equal(judged(`${line('10.0.0.1')}\n${line('node-1', theirs)}`), 'known');
  assert.equal(judged(`${line('10.0.0.1', theirs)}\n${line('node-1')}`), 'changed');
  assert.equal(judged(`${line('10.0.0.1')}\n@revoked ${line('node-1')}`), 'revoked');
});
