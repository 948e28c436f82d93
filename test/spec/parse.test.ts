import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatProblem, lineOf, parseSpec, placeMessage } from '../../spec/parse.ts';
import type { SpecProblem } from '../../spec/parse.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';

const HEAD = `apiVersion: capstan.dev/v1
kind: ClusterUpgrade
metadata: {name: prod}
spec:
  target: {version: v1.34.4}
  access:
    kubeconfig: {file: secrets/kubeconfig}
    ssh: {user: ops, privateKey: {file: ~/.ssh/id}, knownHosts: {file: ../known_hosts}}
`;

function read(text: string, file = '/clusters/prod/cluster.yaml'): UpgradeSpec {
  const result = parseSpec(text, file);
  assert.ok(result.ok, result.ok ? '' : result.errors.map(formatProblem).join('\n'));
  return result.spec;
}

function problems(text: string): readonly SpecProblem[] {
  const result = parseSpec(text, 'cluster.yaml');
  assert.ok(!result.ok, 'a problem is found');
  return result.errors;
}

/** The one problem of a text, as people see it. */
function problem(text: string): string {
  const found = problems(text).map(formatProblem);
  assert.equal(found.length, 1, found.join('\n'));
  return found[0] ?? '';
}

describe('a spec', () => {
  it('gets every default', () => {
    assert.deepEqual(read(HEAD), {
      name: 'prod', driver: 'kubeadm', target: { version: 'v1.34.4' },
      access: {
        transport: 'ssh', kubeconfig: { file: '/clusters/prod/secrets/kubeconfig' },
        ssh: { user: 'ops', port: 22, privateKey: { file: '~/.ssh/id' }, knownHosts: { file: '/clusters/known_hosts' }, bastion: null, become: 'sudo' },
      },
      nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null }, staging: { width: 20 },
      controlPlane: { drain: { enabled: true, timeoutSeconds: 900, gracePeriodSeconds: -1, deleteEmptyDir: false, deleteBarePods: false, podSelector: null } },
      pools: [{ name: 'default', selector: null, maxUnavailable: '10%', maxUnavailablePerZone: null, drain: { enabled: true, timeoutSeconds: 900, gracePeriodSeconds: -1, deleteEmptyDir: false, deleteBarePods: false, podSelector: null } }],
      packages: { repository: null }, kubeadm: { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null }, addons: [], strategy: { onFailure: 'hold' },
    });
  });

  it('leaves out nodes by name and by selector, and names a backup', () => {
    const { exclude, etcd } = read(`${HEAD}  exclude: [w-1, {matchLabels: {site: edge}}]\n  etcd: {backup: {takenAt: 2026-01-01T02:00:00+02:00, where: "vault 3, tape 12", by: ops}}\n`);
    assert.deepEqual(exclude, [{ name: 'w-1' }, { selector: { matchLabels: { site: 'edge' }, matchExpressions: [] } }]);
    assert.deepEqual(etcd.backup, { takenAt: '2026-01-01T02:00:00+02:00', where: 'vault 3, tape 12', by: 'ops' });
  });

  it('takes a version with or without v', () => assert.equal(read(HEAD.replace('v1.34.4', '1.34.4')).target.version, 'v1.34.4'));

  it('has absolute paths, whatever way its own file was named', () => {
    const relative = read(HEAD, 'clusters/cluster.yaml');
    assert.deepEqual(relative.access.kubeconfig, { file: `${process.cwd()}/clusters/secrets/kubeconfig` });
    const withFolder = parseSpec(HEAD, 'cluster.yaml', '/elsewhere/');
    assert.ok(withFolder.ok);
    assert.deepEqual(withFolder.spec.access.kubeconfig, { file: '/elsewhere/secrets/kubeconfig' });
  });

  it('may name environment variables in place of files', () => {
    assert.deepEqual(read(HEAD.replace('{file: secrets/kubeconfig}', '{env: KUBECONFIG_TEXT}')).access.kubeconfig, { env: 'KUBECONFIG_TEXT' });
  });

  it('takes a selector without conditions as none', () => {
    const pools = read(`${HEAD}  pools:\n  - {name: a, selector: {matchExpressions: []}, maxUnavailable: 2, drain: {timeout: 1h30m}}\n`).pools;
    assert.equal(pools[0]?.selector, null);
    assert.equal(pools[0]?.drain.timeoutSeconds, 5400);
  });

  it('warns of ignoring every check of kubeadm', () => {
    const result = parseSpec(`${HEAD}  kubeadm: {ignorePreflightErrors: [Swap, all]}\n`, 'cluster.yaml');
    assert.ok(result.ok);
    assert.deepEqual(result.warnings.map(({ line, path }) => [line, path]), [[9, 'spec.kubeadm.ignorePreflightErrors[1]']]);
  });

  it('as the example has it is right', async () => {
    const example = await readFile(new URL('../../examples/cluster.yaml', import.meta.url), 'utf8');
    assert.deepEqual(read(example).pools.map(({ name }) => name), ['gpu', 'default']);
  });
});

describe('a problem', () => {
  const rows: readonly { of: string; text: string; says: RegExp }[] = [
    { of: 'an unknown key', text: `${HEAD}  pols: []\n`, says: /^cluster\.yaml:9:3: spec\.pols: is an unknown key; did you mean pools\. Expected: one of driver, target,/ },
    { of: 'a key at the wrong place', text: `${HEAD}  version: v1.34.4\n`, says: /cluster\.yaml:9:3: spec\.version: .*did you mean spec\.target\.version/ },
    { of: 'a key that no code serves', text: `${HEAD}  hooks: []\n`, says: /spec\.hooks: is an unknown key\. Expected/ },
    { of: 'a key in an item of a list', text: `${HEAD}  pools:\n  - name: a\n    drain: {gracePeriodSeconds: 3}\n`, says: /cluster\.yaml:11:13: spec\.pools\[0\]\.drain\.gracePeriodSeconds: is an unknown key/ },
    { of: 'a missing key', text: HEAD.replace('  target: {version: v1.34.4}\n', ''), says: /cluster\.yaml:4:1: spec\.target: is missing\. Expected: \{version: v1\.34\.4\}/ },
    { of: 'an empty key', text: `${HEAD}  etcd:\n`, says: /cluster\.yaml:9:3: spec\.etcd: is empty/ },
    { of: 'a version that YAML reads as a number', text: HEAD.replace('v1.34.4', '1.34'), says: /:5:21: spec\.target\.version: is the number 1\.34\. Expected: a release such as v1\.34\.4, in quotes/ },
    { of: 'a minor without patch', text: HEAD.replace('v1.34.4', 'v1.34'), says: /spec\.target\.version: is "v1\.34"/ },
    { of: 'a pre-release', text: HEAD.replace('v1.34.4', 'v1.34.0-rc.1'), says: /spec\.target\.version: is "v1\.34\.0-rc\.1"/ },
    { of: 'another driver', text: `${HEAD}  driver: k3s\n`, says: /spec\.driver: is "k3s"\. Expected: kubeadm/ },
    { of: 'another version of the format', text: HEAD.replace('dev/v1', 'dev/v2'), says: /:1:13: apiVersion: is "capstan\.dev\/v2"/ },
    { of: 'maxUnavailable 0', text: `${HEAD}  pools: [{name: a, maxUnavailable: 0}]\n`, says: /:9:37: spec\.pools\[0\]\.maxUnavailable: 0 would let no node be upgraded/ },
    { of: 'maxUnavailable 0%', text: `${HEAD}  pools: [{name: a, maxUnavailable: 0%}]\n`, says: /0% would let no node be upgraded/ },
    { of: 'maxUnavailable 100%', text: `${HEAD}  pools: [{name: a, maxUnavailable: 100%}]\n`, says: /100% would take the whole pool down at once/ },
    { of: 'maxUnavailable "3"', text: `${HEAD}  pools: [{name: a, maxUnavailable: "3"}]\n`, says: /neither a count nor a whole percentage/ },
    { of: 'maxUnavailablePerZone 100%', text: `${HEAD}  pools: [{name: a, maxUnavailablePerZone: 100%}]\n`, says: /:9:44: spec\.pools\[0\]\.maxUnavailablePerZone: 100% would take the whole zone down at once/ },
    { of: 'a strategy that is not served', text: `${HEAD}  strategy: {onFailure: rollback-cluster}\n`, says: /:9:25: spec\.strategy\.onFailure: .*hold, rollback-node or skip-within-budget/ },
    { of: 'a staging width of 0', text: `${HEAD}  staging: {width: 0}\n`, says: /:9:20: spec\.staging\.width: / },
    { of: 'maxUnavailable that is a list', text: `${HEAD}  pools: [{name: a, maxUnavailable: []}]\n`, says: /maxUnavailable: is an empty list/ },
    { of: 'an empty list of pools', text: `${HEAD}  pools: []\n`, says: /spec\.pools: is an empty list/ },
    { of: 'two pools with one name', text: `${HEAD}  pools:\n  - {name: a}\n  - {name: a, selector: {matchLabels: {x: y}}}\n`, says: /:11:12: spec\.pools\[1\]\.name: names the pool a a second time/ },
    { of: 'two pools without a selector', text: `${HEAD}  pools:\n  - {name: a}\n  - {name: b, selector: {}}\n`, says: /:11:5: spec\.pools\[1\]: has no selector, like the pool a/ },
    { of: 'In without values', text: `${HEAD}  pools: [{name: a, selector: {matchExpressions: [{key: x, operator: In}]}}]\n`, says: /values: is empty, and In compares/ },
    { of: 'Exists with values', text: `${HEAD}  pools: [{name: a, selector: {matchExpressions: [{key: x, operator: Exists, values: [y]}]}}]\n`, says: /values: has values, and Exists takes none/ },
    { of: 'a drain without time', text: `${HEAD}  pools: [{name: a, drain: {timeout: 0s}}]\n`, says: /drain\.timeout: leaves a drain no time/ },
    { of: 'a drain of the control plane without time', text: `${HEAD}  controlPlane: {drain: {timeout: 0s}}\n`, says: /spec\.controlPlane\.drain\.timeout: leaves a drain no time/ },
    { of: 'a key of a pool that the control plane does not have', text: `${HEAD}  controlPlane: {maxUnavailable: 2}\n`, says: /spec\.controlPlane\.maxUnavailable: is an unknown key/ },
    { of: 'a duration that is a number', text: `${HEAD}  pools: [{name: a, drain: {timeout: 15}}]\n`, says: /drain\.timeout: is the number 15\. Expected: a duration such as/ },
    { of: 'two nodes with one name', text: `${HEAD}  nodes:\n  - {name: w-1, address: a}\n  - {name: w-1, address: b}\n`, says: /:11:12: spec\.nodes\[1\]\.name: names the node w-1 a second time/ },
    { of: 'two nodes with one address', text: `${HEAD}  nodes:\n  - {name: w-1, address: a}\n  - {name: w-2, address: A}\n`, says: /:11:26: spec\.nodes\[1\]\.address: is the address of the node w-1/ },
    { of: 'a repository without {minor}', text: `${HEAD}  packages: {repository: "https://packages.example/v1.34/deb/"}\n`, says: /spec\.packages\.repository: is not right here\. Expected: an http, https or file URL with \{minor\}/ },
    { of: 'a reference to nothing', text: HEAD.replace('{file: secrets/kubeconfig}', '{}'), says: /spec\.access\.kubeconfig: names neither a file nor a variable\. Expected: either \{file: PATH\} or/ },
    { of: 'a reference to both', text: HEAD.replace('{file: secrets/kubeconfig}', '{file: a, env: B}'), says: /spec\.access\.kubeconfig: names both/ },
    { of: 'an excluded node whose name cannot be one', text: `${HEAD}  exclude: [Worker_1]\n`, says: /:9:13: spec\.exclude\[0\]: is "Worker_1"\. Expected: the name of a node, or a selector/ },
    { of: 'an exclusion that asks for nothing', text: `${HEAD}  exclude:\n  - {}\n`, says: /:10:5: spec\.exclude\[0\]: asks for nothing, and would leave every node out/ },
    { of: 'an unknown key in an exclusion', text: `${HEAD}  exclude:\n  - w-1\n  - {matchLabel: {site: edge}}\n`, says: /:11:6: spec\.exclude\[1\]\.matchLabel: is an unknown key; did you mean matchLabels/ },
    { of: 'an operator in an exclusion that does not exist', text: `${HEAD}  exclude: [{matchExpressions: [{key: site, operator: Is}]}]\n`, says: /spec\.exclude\[0\]\.matchExpressions\[0\]\.operator: is "Is"/ },
    { of: 'an exclusion that is a number', text: `${HEAD}  exclude: [7]\n`, says: /spec\.exclude\[0\]: .*Expected: the name of a node, or a selector/ },
    { of: 'a backup without its time', text: `${HEAD}  etcd: {backup: {where: s3://b/x.db, by: ops}}\n`, says: /spec\.etcd\.backup\.takenAt: is missing/ },
    { of: 'a backup of the future', text: `${HEAD}  etcd: {backup: {takenAt: "2999-01-01T00:00:00Z", where: b, by: ops}}\n`, says: /:9:28: spec\.etcd\.backup\.takenAt: is in the future/ },
    { of: 'a backup of a day that does not exist', text: `${HEAD}  etcd: {backup: {takenAt: "2026-02-30T00:00:00Z", where: b, by: ops}}\n`, says: /takenAt: is not a day of the calendar/ },
    { of: 'a backup at a time without a zone', text: `${HEAD}  etcd: {backup: {takenAt: "2026-01-01T00:00:00", where: b, by: ops}}\n`, says: /takenAt: is not right here\. Expected: a time such as 2026-11-30T22:00:00Z/ },
    { of: 'a backup behind a password, which is not repeated', text: `${HEAD}  etcd: {backup: {takenAt: "2026-01-01T00:00:00Z", where: "https://ops:hunter2@b.example/x.db", by: ops}}\n`, says: /where: is not right here\. Expected: a line such as s3:(?!.*hunter2)/ },
    { of: 'another user\'s home', text: HEAD.replace('~/.ssh/id', '~root/.ssh/id'), says: /privateKey\.file: is not right here/ },
  ];
  for (const { of, text, says } of rows) {
    it(`of ${of} names file, line, path and what would be right`, () => assert.match(problem(text), says));
  }

  it('hides no other: all are listed at once, in the order of the file', () => {
    const found = problems(`${HEAD.replace('prod', 'Prod_1')}  driver: k3s\n  nodes: [{name: a}, {name: a}]\n  pools: [{name: a, maxUnavailable: 0}]\n  more: 1\n`);
    assert.deepEqual(found.map(({ line, path }) => `${line} ${path}`), ['3 metadata.name', '9 spec.driver', '10 spec.nodes[1].name', '11 spec.pools[0].maxUnavailable', '12 spec.more']);
  });

  it('never repeats what may be a secret', () => {
    const secret = 'hunter2-BEGIN';
    for (const text of [
      HEAD.replace('{file: ~/.ssh/id}', secret), HEAD.replace('~/.ssh/id', `"${secret}\\n"`), HEAD.replace('{file: ~/.ssh/id}', `{env: "${secret} x"}`),
      HEAD.replace('user: ops', `user: "${secret} "`), `${HEAD}  packages: {repository: "https://u:${secret}@packages.example/{minor}"}\n`,
    ]) assert.ok(!problem(text).includes('hunter2'), problem(text));
  });
});

describe('strings that reach a host', () => {
  const hostile = ['; id', '$(id)', '`id`', 'a b', 'a\nb', "a'b", 'a"b', '-oProxyCommand=id', 'a\u0000b', '', '../..', 'a|b', 'a&b', 'a>b'];
  const places: readonly { place: string; text: (value: string) => string }[] = [
    { place: 'metadata.name', text: (value) => HEAD.replace('name: prod', `name: ${value}`) },
    { place: 'spec.access.ssh.user', text: (value) => HEAD.replace('user: ops', `user: ${value}`) },
    { place: 'spec.access.ssh.bastion.address', text: (value) => HEAD.replace('user: ops,', `user: ops, bastion: {user: ops, address: ${value}},`) },
    { place: 'spec.nodes[0].name', text: (value) => `${HEAD}  nodes: [{name: ${value}}]\n` },
    { place: 'spec.nodes[0].address', text: (value) => `${HEAD}  nodes: [{name: a, address: ${value}}]\n` },
    { place: 'spec.pools[0].name', text: (value) => `${HEAD}  pools: [{name: ${value}}]\n` },
    { place: 'spec.addons[0].name', text: (value) => `${HEAD}  addons: [{name: ${value}, when: workers, manifest: {file: a}}]\n` },
    { place: 'spec.target.version', text: (value) => HEAD.replace('v1.34.4', value) },
    { place: 'spec.packages.repository', text: (value) => `${HEAD}  packages: {repository: ${value}}\n` },
    { place: 'spec.kubeadm.ignorePreflightErrors[0]', text: (value) => `${HEAD}  kubeadm: {ignorePreflightErrors: [${value}]}\n` },
  ];
  for (const { place, text } of places) {
    it(`are refused in ${place} where a shell could act on them`, () => {
      for (const value of hostile) {
        const url = place.endsWith('repository') ? `https://packages.example/{minor}/${value === '' ? ' ' : value === '../..' || value.startsWith('-') ? '$x' : value}` : value;
        assert.deepEqual(problems(text(JSON.stringify(url))).map(({ path }) => path), [place], JSON.stringify(value));
      }
    });
  }

  it('may be addresses of every kind', () => {
    for (const address of ['192.0.2.1', '2001:db8::1', 'fe80::1', '::1', '::ffff:192.0.2.1', 'worker-1.example', 'W1']) {
      assert.equal(read(`${HEAD}  nodes: [{name: a, address: "${address}"}]\n`).nodes[0]?.address, address);
    }
  });

  it('may be repositories of every kind', () => {
    for (const url of ['https://packages.example/core:/stable:/v{minor}/deb/', 'http://127.0.0.1:8080/v{minor}/', 'http://[2001:db8::1]:80/{minor}', 'file:///srv/packages/{minor}']) {
      assert.equal(read(`${HEAD}  packages: {repository: "${url}"}\n`).packages.repository, url);
    }
  });
});

describe('text that is no spec', () => {
  const rows: readonly { of: string; text: string; says: RegExp }[] = [
    { of: 'nothing', text: '', says: /:1:1: is empty/ },
    { of: 'only a comment', text: '# nothing\n', says: /is empty/ },
    { of: 'a list', text: '- a\n', says: /:1:1: is a list\. Expected: the keys apiVersion/ },
    { of: 'a word', text: 'word\n', says: /is a text/ },
    { of: 'an open bracket', text: `${HEAD}  pools: [`, says: /this is not YAML/ },
    { of: 'a key twice', text: `${HEAD}  target: {version: v1.34.5}\n`, says: /cluster\.yaml:9:3: this key is written twice/ },
    { of: 'two documents', text: `${HEAD}---\n${HEAD}`, says: /:9:1: begins a second document/ },
    { of: 'a foreign tag', text: 'a: !python/object b\n', says: /:1:4: this YAML tag is unknown/ },
    { of: 'tabs', text: 'spec:\n\ttarget: 1\n', says: /:2:1: a tab indents this line/ },
    { of: 'an alias to nothing', text: 'a: *b\n', says: /alias/ },
    { of: 'an alias to itself', text: 'a: &a [*a]\n', says: /./ },
    { of: 'aliases that explode', text: bomb(), says: /aliases that stand for too much/ },
    { of: 'brackets without end', text: '['.repeat(50_000), says: /is nested too deeply/ },
    { of: 'megabytes', text: '#'.repeat(4_000_001), says: /is longer than/ },
  ];
  for (const { of, text, says } of rows) {
    it(`such as ${of} is a problem at its place`, () => assert.match(problems(text).map(formatProblem).join('\n'), says));
  }

  it('cannot bring keys of a prototype in', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) assert.match(problem(`${HEAD}  ${key}: {polluted: true}\n`), /is an unknown key/);
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  });

  it('never throws, whatever it is', () => {
    const lines = HEAD.split('\n');
    const mangled = fc.tuple(fc.nat({ max: lines.length - 1 }), fc.string({ maxLength: 30 })).map(([index, text]) => lines.toSpliced(index, 1, text).join('\n'));
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 200 }), mangled, fc.jsonValue().map((value) => JSON.stringify(value))), (text) => {
      const result = parseSpec(text, 'cluster.yaml');
      if (!result.ok) for (const { line, column } of result.errors) assert.ok(line >= 1 && column >= 1);
    }), { numRuns: 500 });
  });
});

describe('a hostile spec', () => {
  it('of twenty thousand unknown keys, or labels that are none, costs no more than its length', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `  unknownKey${index}: 1`).join('\n');
    const labels = Array.from({ length: 20_000 }, (_, index) => `        "not a label ${index}": x`).join('\n');
    for (const text of [`${HEAD}${keys}\n`, `${HEAD}  pools:\n  - name: a\n    selector:\n      matchLabels:\n${labels}\n`]) {
      const startMs = performance.now();
      const result = parseSpec(text, 'cluster.yaml');
      assert.ok(!result.ok && result.errors.length >= 20_000);
      assert.ok(performance.now() - startMs < 15_000, `${Math.round(performance.now() - startMs)} ms`);
    }
  });
  it('has each key once, also where a map is deep within it', () => {
    const result = parseSpec(`${HEAD}  pools:\n  - name: a\n    name: b\n`, 'cluster.yaml');
    assert.ok(!result.ok && result.errors.some(({ message, line }) => message === 'this key is written twice' && line === 11));
  });
  it('is not quoted where it is not YAML', () => {
    for (const text of ['a: *CANARYPW', 'a: |CANARYPW\n  b', 'a: "\\CANARYPW"', 'a: [CANARYPW', '%CANARYPW\n---\na: 1', 'a: !CANARYPW b', 'a: &CANARYPW *CANARYPW', '? CANARYPW\n: - b\n - c']) {
      const result = parseSpec(`${HEAD}${text}`, 'cluster.yaml');
      assert.ok(!result.ok && !JSON.stringify(result.errors).includes('CANARYPW'), JSON.stringify(result));
    }
  });
});

describe('the line of a path', () => {
  it('is where its key stands, or the nearest above it that is written', () => {
    const text = `${HEAD}  pools:\n  - name: a\n    selector:\n      matchLabels:\n        example.org/pool: gpu\n`;
    assert.equal(lineOf(text, 'spec.access.kubeconfig.file'), 7);
    assert.equal(lineOf(text, 'spec.pools[0].selector.matchLabels["example.org/pool"]'), 13);
    assert.equal(lineOf(text, 'spec.pools[0].maxUnavailable'), 10);
    assert.equal(lineOf(text, 'spec.etcd.acceptOutage'), 4);
    assert.equal(lineOf(text, 'no path at all'), 1);
    assert.equal(lineOf('a: [', 'a'), null);
  });
  it('is put before the lines of a message that begin with a path, and no others', () => {
    assert.equal(placeMessage(HEAD, 'cluster.yaml', 'spec.target.version: a\nspec.pools[0]: b\nc'), 'cluster.yaml:5: spec.target.version: a\ncluster.yaml:4: spec.pools[0]: b\nc');
    assert.equal(placeMessage(HEAD, 'cluster.yaml', 'spec.access.kubeconfig.file: /x is not there'), 'cluster.yaml:7: spec.access.kubeconfig.file: /x is not there');
    assert.equal(placeMessage(HEAD, 'cluster.yaml', 'the spec.x: y'), 'the spec.x: y');
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let index = 1; index < 10; index += 1) lines.push(`a${index}: &a${index} [${Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ')}]`);
  return `${lines.join('\n')}\n`;
}
