import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { spawnCapstan } from './spawn.ts';

const SPEC = `apiVersion: capstan.dev/v1
kind: ClusterUpgrade
metadata: {name: prod-eu}
spec:
  driver: kubeadm
  target: {version: v1.34.4}
  access:
    transport: ssh
    kubeconfig: {file: kubeconfig}
    ssh: {user: ops, privateKey: {file: key}, knownHosts: {file: known_hosts}}
`;

const CASES = [
  { name: 'an unknown key', text: SPEC.replace('driver: kubeadm', 'drivr: kubeadm'), says: /spec\.yaml:5:3: spec\.drivr: is an unknown key; did you mean driver/ },
  { name: 'a maxUnavailable of 0', text: `${SPEC}  pools: [{name: default, maxUnavailable: 0}]\n`, says: /spec\.yaml:11:\d+: spec\.pools\[0\]\.maxUnavailable: / },
  { name: 'a maxUnavailable of 100 %', text: `${SPEC}  pools: [{name: default, maxUnavailable: 100%}]\n`, says: /spec\.yaml:11:\d+: spec\.pools\[0\]\.maxUnavailable: / },
  { name: 'a version that is none', text: SPEC.replace('v1.34.4', 'latest'), says: /spec\.yaml:6:\d+: spec\.target\.version: / },
  { name: 'text that is no YAML', text: SPEC.replace('metadata: {', 'metadata: {{'), says: /spec\.yaml:\d+:\d+: this is not YAML/ },
  { name: 'a tab', text: SPEC.replace('  driver', '\tdriver'), says: /spec\.yaml:5:\d+: / },
  { name: 'an empty file', text: '', says: /spec\.yaml:1:1: is empty/ },
];

describe('a bad spec gets file, line and path, what would be right, and no stack', { concurrency: 2 }, () => {
  let folder: string;
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'capstan-cli-')); });
  after(() => rm(folder, { recursive: true }));

  for (const [index, { name, text, says }] of CASES.entries()) {
    test(name, async () => {
      const file = join(folder, `${index}-spec.yaml`);
      await writeFile(file, text);
      for (const args of [['validate', file], ['start', '-f', file, '--yes']]) {
        const { code, out, err } = await spawnCapstan(args);
        assert.equal(code, 1);
        assert.equal(out, '');
        assert.match(err, says);
        assert.match(err, /\nNext: correct /);
        assert.doesNotMatch(err, /\n {4}at /);
      }
    });
  }

  test('a file that is not there', async () => {
    const { code, err } = await spawnCapstan(['plan', '-f', join(folder, 'none.yaml')]);
    assert.equal(code, 1);
    assert.match(err, /none\.yaml: there is no such file\nNext: /);
  });

  test('a folder', async () => {
    assert.match((await spawnCapstan(['plan', '-f', folder])).err, /is a folder, not a file/);
  });
});

describe('a wrong command line ends with 64 and names the help', { concurrency: 2 }, () => {
  for (const args of [['dance'], ['plan'], ['status', '-o', 'xml'], ['list', '--limit', '0'], ['validate'], ['skip'], ['status', 'extra'], ['dev', '--port', 'http']]) {
    test(args.join(' '), async () => {
      const { code, out, err } = await spawnCapstan(args);
      assert.equal(code, 64);
      assert.equal(out, '');
      assert.match(err, /^error: [^]*--help`/);
    });
  }
});

describe('a Temporal that is not there', { concurrency: 2 }, () => {
  for (const args of [['status'], ['list'], ['plan', '-f', 'examples/cluster.yaml'], ['start', '-f', 'examples/cluster.yaml', '--yes']]) {
    test(`ends ${args[0]} with 75, at once, and names the command that starts one`, async () => {
      const { code, err, seconds } = await spawnCapstan(args);
      assert.equal(code, 75);
      assert.match(err, /Temporal does not answer at 127\.0\.0\.1:9 .*\nNext: start one with `capstan dev`/);
      assert.ok(seconds < 30, `${seconds} s`);
    });
  }
});
