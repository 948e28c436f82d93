import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCRIPTS } from '../../activities/hosts/scripts/index.ts';
import { describe, startTestTwin } from '../simulator/hosts/twin.ts';
import { blocks, checkedHost, CP1, findings } from './checked-host.ts';

const MANIFESTS = '/etc/kubernetes/manifests';

function pod(name: string, program = name): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: {a: b}\n  labels:\n    component: x\n\n  name: ${name}\n  namespace: kube-system\nspec:\n  containers:\n  - command:\n    - ${program}\n    name: ${program}\n`;
}

const CASES: readonly { readonly name: string; readonly files: Readonly<Record<string, string>>; readonly copies: readonly string[] }[] = [
  { name: 'a copy of etcd', files: { [`${MANIFESTS}/etcd.yaml`]: pod('etcd'), [`${MANIFESTS}/etcd.yaml.backup`]: pod('etcd') }, copies: [`etcd ${MANIFESTS}/etcd.yaml, ${MANIFESTS}/etcd.yaml.backup`] },
  { name: 'copies of the API server, and one whose name has a space', files: { [`${MANIFESTS}/kube-apiserver.yaml.bak`]: pod('"kube-apiserver"'), [`${MANIFESTS}/kube-apiserver (1).yaml`]: pod('kube-apiserver # was') }, copies: [`kube-apiserver ${MANIFESTS}/kube-apiserver (1).yaml, ${MANIFESTS}/kube-apiserver.yaml, ${MANIFESTS}/kube-apiserver.yaml.bak`] },
  { name: 'a copy of the scheduler as JSON', files: { [`${MANIFESTS}/old.json`]: '{"kind":"Pod","metadata":{"labels":{"tier":"control-plane"},"name":"kube-scheduler","namespace":"kube-system"}}' }, copies: [`kube-scheduler ${MANIFESTS}/kube-scheduler.yaml, ${MANIFESTS}/old.json`] },
  { name: 'a copy of the controller manager in braces over lines', files: { [`${MANIFESTS}/a`]: 'kind: Pod\nmetadata: {\n  name: kube-controller-manager,\n  namespace: kube-system }\n' }, copies: [`kube-controller-manager ${MANIFESTS}/a, ${MANIFESTS}/kube-controller-manager.yaml`] },
  { name: 'a copy in a folder of one\'s own', files: { '/var/lib/kubelet/config.yaml': 'staticPodPath: /etc/kubelet.d/\n', '/etc/kubelet.d/etcd.yaml': pod('etcd'), '/etc/kubelet.d/etcd.old': pod('etcd') }, copies: ['etcd /etc/kubelet.d/etcd.old, /etc/kubelet.d/etcd.yaml'] },
  { name: 'a hidden copy', files: { [`${MANIFESTS}/.etcd.yaml.swp`]: pod('etcd') }, copies: [] },
  { name: 'a copy in a folder below', files: { [`${MANIFESTS}/old/etcd.yaml`]: pod('etcd') }, copies: [] },
  { name: 'an etcd of another name', files: { [`${MANIFESTS}/etcd-events.yaml`]: pod('etcd-events', 'etcd') }, copies: [] },
  { name: 'a folder that is written with a slash at its end', files: { '/var/lib/kubelet/config.yaml': `staticPodPath: "${MANIFESTS}//"\n` }, copies: [] },
  { name: 'another folder than kubeadm\'s, with one file', files: { '/var/lib/kubelet/config.yaml': 'staticPodPath: /srv/pods\n', '/srv/pods/etcd.yaml': pod('etcd') }, copies: [] },
];

for (const { name, files, copies } of CASES) {
  test(`the preflight ${copies.length === 0 ? 'takes' : 'blocks'} ${name} among the static pods`, async (context) => {
    const made = checkedHost(context);
    for (const [path, text] of Object.entries(files)) made.put(path, text);
    const found = blocks(await findings(made, { nodes: [CP1] })).filter((text) => text.includes('more than one file'));
    assert.deepEqual(found.map((text) => /reads (\S+) from more than one file: (.*?)\. It reads/.exec(text)?.slice(1).join(' ')), copies);
  });
}

test('the twin\'s script finds the same copies as the shell', async (context) => {
  const [inShell, recognised] = await Promise.all((['shell', 'recognised'] as const).map(async (way) => {
    const twin = await startTestTwin(context, describe(1, 0), { way });
    const { machine: { files, root } } = twin.hosts.host('cp1');
    const said: string[] = [];
    for (const each of CASES) {
      const before = Object.keys(each.files).map((path) => [path, files.isFile(`${root}${path}`) ? files.read(`${root}${path}`) : null] as const);
      for (const [path, text] of Object.entries(each.files)) files.write(`${root}${path}`, text);
      const { stdout } = await twin.worker.probe(twin.address('cp1'), SCRIPTS.checkHost, ['--version', 'v1.34.4', '--minor', '1.34', '--repository', '']);
      said.push(`${each.name}: ${stdout.split('\n').filter((line) => line.startsWith('static-')).join('; ')}`);
      for (const [path, text] of before) if (text === null) files.remove(`${root}${path}`); else files.write(`${root}${path}`, text ?? '');
    }
    return said;
  }));
  assert.deepEqual(recognised, inShell);
  assert.ok(inShell?.[0]?.includes('static-copies etcd'), inShell?.[0]);
});
