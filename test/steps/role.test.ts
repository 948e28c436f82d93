import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { hostRole } from '../../activities/hosts/host-role.ts';
import { SCRIPTS } from '../../activities/hosts/scripts/index.ts';
import { factFindings } from '../../activities/preflight/host-fact-findings.ts';
import { parseHostFacts } from '../../activities/preflight/host-facts.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinor, plannedNode } from './inputs.ts';

const MANIFESTS = '/etc/kubernetes/manifests';
const RECORD = '/var/lib/capstan/u1/n1/record';
const HOST = { name: 'n1', address: 'n1.example', port: 22 };
const WORKER = plannedNode('n1', 'worker');
const MEMBER = plannedNode('n1', 'control-plane');
const EXTERNAL = { ...MEMBER, roles: ['control-plane'] as const };

function manifest(program: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: kube-system}\nspec:\n  containers:\n  - command:\n    - ${program}\n    - --flag=1\n    image: registry.example/x:1\n    name: x\n`;
}

function host(context: TestContext, files: Readonly<Record<string, string>>): FakeHost {
  const made = atOldMinor(fakeHost('apt'));
  context.after(() => made.remove());
  for (const [path, text] of Object.entries(files)) made.put(path, text);
  return made;
}

const SERVER = { [`${MANIFESTS}/kube-apiserver.yaml`]: manifest('kube-apiserver') };
const ETCD = { [`${MANIFESTS}/etcd.yaml`]: manifest('etcd') };

const refused: readonly (readonly [string, Readonly<Record<string, string>>, Parameters<typeof hostRole>[0], RegExp])[] = [
  ['a worker where etcd has a manifest', ETCD, WORKER, /runs etcd .*its step is that of a worker/],
  ['a worker where the API server has one', SERVER, WORKER, /runs kube-apiserver .*its step is that of a worker/],
  ['a worker where a manifest of another name starts etcd', { [`${MANIFESTS}/datastore.yaml`]: manifest('/usr/local/bin/etcd') }, WORKER, /runs etcd \(\/etc\/kubernetes\/manifests\/datastore\.yaml\)/],
  ['a worker where JSON starts the API server', { [`${MANIFESTS}/server.json`]: '{"kind":"Pod","spec":{"containers":[{"command":["kube-apiserver","--secure-port=6443"]}]}}' }, WORKER, /runs kube-apiserver/],
  ['a worker whose kubelet has its manifests elsewhere', { '/var/lib/kubelet/config.yaml': 'staticPodPath: "/etc/kubelet.d"\n', '/etc/kubelet.d/etcd.yaml': manifest('etcd') }, WORKER, /runs etcd \(\/etc\/kubelet\.d\/etcd\.yaml\)/],
  ['a control-plane node without the API server\'s manifest', ETCD, MEMBER, /has no \/etc\/kubernetes\/manifests\/kube-apiserver\.yaml/],
  ['a member without its manifest', SERVER, MEMBER, /has no \/etc\/kubernetes\/manifests\/etcd\.yaml/],
  ['external etcd where a member runs here', { ...SERVER, ...ETCD }, EXTERNAL, /etcd is external by the plan/],
];

for (const [what, files, node, says] of refused) {
  test(`a host step refuses ${what}, and changes nothing`, async (context) => {
    const made = host(context, files);
    const role = hostRole(node);
    for (const [script, args] of [
      [SCRIPTS.kubeadmUpgrade, [RECORD, 'v1.34.4', role, 'upgrade', 'node']],
      [SCRIPTS.upgradeKubelet, ['--version', 'v1.34.4', '--minor', '1.34', '--repository', '', '--record', RECORD, '--staged', `${RECORD}/../staged`, '--role', role]],
    ] as const) {
      const result = await made.hosts.probe(HOST, script, args);
      assert.equal(result.exitCode, 1, result.stderr);
      assert.match(result.stderr, says);
      assert.match(result.stderr, /^next: /m);
      assert.doesNotMatch(made.journal(), /kubeadm upgrade|install|systemctl (stop|restart)/);
    }
  });
}

const accepted: readonly (readonly [string, Readonly<Record<string, string>>, Parameters<typeof hostRole>[0]])[] = [
  ['a worker without manifests', {}, WORKER],
  ['a worker with a load balancer and a backup of etcd by etcdctl', { [`${MANIFESTS}/haproxy.yaml`]: manifest('haproxy'), [`${MANIFESTS}/backup.yaml`]: manifest('etcdctl').replace('registry.example/x', 'registry.k8s.io/etcd').replace('name: x\n', 'name: etcd\n') }, WORKER],
  ['a worker with a hidden copy, which no kubelet reads', { [`${MANIFESTS}/.etcd.yaml.swp`]: manifest('etcd') }, WORKER],
  ['a member', { ...SERVER, ...ETCD }, MEMBER],
  ['a control-plane node of external etcd', SERVER, EXTERNAL],
];

for (const [what, files, node] of accepted) {
  test(`a host step takes ${what} for what it is`, async (context) => {
    const made = host(context, files);
    made.set('installed/kubeadm', '1.34.4-1.1\n');
    const result = await made.hosts.probe(HOST, SCRIPTS.kubeadmUpgrade, [RECORD, 'v1.34.4', hostRole(node), 'upgrade', 'node']);
    assert.doesNotMatch(result.stderr, /its step is that|external by the plan/);
    assert.match(made.journal(), /kubeadm upgrade node/);
  });
}

test('preflight blocks where the manifests of a host are not those of its planned role', () => {
  const findings = (node: typeof WORKER, components: string) =>
    factFindings(node, parseHostFacts(`kubelet active\n${components === '' ? '' : `static-pods ${components}\n`}`), null, null).filter(({ check }) => check === 'host-role').map(({ severity, message }) => `${severity}: ${message}`);
  assert.deepEqual(findings(WORKER, ''), []);
  assert.deepEqual(findings(WORKER, 'kube-apiserver etcd'), ['block: n1 runs kube-apiserver and etcd by its manifests, and is planned as a worker.']);
  assert.deepEqual(findings(MEMBER, 'kube-apiserver etcd'), []);
  assert.deepEqual(findings(MEMBER, 'kube-apiserver'), ['block: n1 has no manifest of etcd, and is planned as a node with an etcd member.']);
  assert.match(findings(EXTERNAL, 'kube-apiserver etcd')[0] ?? '', /etcd is external by the plan/);
  assert.deepEqual(findings(EXTERNAL, 'kube-apiserver'), []);
});
