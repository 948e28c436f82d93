import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { algorithmsFor } from '../../activities/hosts/algorithms.ts';
import { judgeKey, linesFor, parseKnownHosts } from '../../activities/hosts/known-hosts.ts';
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
