import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { kubeadmApplyArguments, kubeadmNodeArguments } from '../../activities/kubeadm/kubeadm-arguments.ts';
import { renderKubeadmConfig } from '../../activities/kubeadm/kubeadm-config-file.ts';
import { patchProblem } from '../../activities/kubeadm/patches/check-patch.ts';
import { parsePatchName } from '../../activities/kubeadm/patches/patch-name.ts';
import { readPatches } from '../../activities/kubeadm/patches/read-patches.ts';
import { uploadPatches } from '../../activities/kubeadm/patches/upload-patches.ts';
import { createUpgradeKubeadm } from '../../activities/packages/upgrade-kubeadm.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { readPatchFiles } from '../../activities/plan/planned-patches.ts';
import type { PlannedKubeadm } from '../../workflows/domain/step.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { fakeHost } from './fake-host.ts';
import { atOldMinor, KUBEADM, packageInput, plannedNode, UPGRADE } from './inputs.ts';

const FLAG = '- {op: add, path: /spec/containers/0/command/-, value: --encryption-provider-config=/etc/kubernetes/enc.yaml}\n';

function folder(context: TestContext, files: Readonly<Record<string, string>>): { readonly file: string } {
  const made = mkdtempSync(join(tmpdir(), 'capstan-patches-'));
  context.after(() => { rmSync(made, { recursive: true }); });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return { file: made };
}

/** Options of kubeadm as a plan has them that was made with this folder. */
async function planned(patches: { readonly file: string }): Promise<PlannedKubeadm> {
  return { ...KUBEADM, patches, files: await readPatchFiles({ patches }) };
}

for (const [name, parsed] of [
  ['etcd.json', { target: 'etcd', type: 'strategic' }],
  ['kube-apiserver0+merge.yaml', { target: 'kube-apiserver', type: 'merge' }],
  ['kube-apiserver-audit+json.yaml', { target: 'kube-apiserver', type: 'json' }],
  ['kubeletconfiguration1+strategic.yaml', { target: 'kubeletconfiguration', type: 'strategic' }],
  ['kube-apiserver.yml', null], ['kube-proxy.yaml', null], ['kube-apiserver+smart.yaml', null], ['kube-apiserver+.yaml', null],
  ['etcd.yaml.bak', null], ['etcd', null], ['.etcd.yaml', null], ['etcd 1.yaml', null], ['etcd.old.yaml', null],
] as const) {
  test(`the name ${name} is ${parsed === null ? 'not one of a patch' : `that of a ${parsed.type} patch of ${parsed.target}`}`, () => {
    assert.deepEqual(parsePatchName(name), parsed);
  });
}

for (const [name, text] of [
  ['kube-apiserver0+json.yaml', FLAG],
  ['kube-apiserver0+json.json', JSON.stringify([{ op: 'add', path: '/spec/containers/0/command/-', value: '--a=b' }])],
  ['kube-apiserver.yaml', 'spec:\n  containers:\n  - name: kube-apiserver\n    resources: {requests: {cpu: 500m}}\n'],
  ['kube-scheduler.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: kube-scheduler, namespace: kube-system, annotations: {a: b}}\nspec:\n  containers:\n  - {name: kube-scheduler, command: [kube-scheduler, --v=4]}\n'],
  ['kube-apiserver-sidecar.yaml', 'spec:\n  containers:\n  - {name: kms, image: "registry.example/kms:1"}\n'],
  ['kube-apiserver2+json.yaml', '- {op: add, path: /spec/containers/-, value: {name: kms, image: "registry.example/kms:1"}}\n- {op: replace, path: /spec/containers/1/image, value: "registry.example/kms:2"}\n- {op: test, path: /metadata/name, value: kube-apiserver}\n'],
  ['etcd+merge.yaml', 'metadata: {labels: {team: storage}}\nspec: {dnsPolicy: Default}\n'],
  ['kubeletconfiguration.yaml', 'maxPods: 250\n---\nevictionHard: {memory.available: 5%}\n'],
  ['kubeletconfiguration+json.yaml', '- {op: add, path: /maxPods, value: 250}\n'],
  ['corednsdeployment.yaml', 'spec: {replicas: 3}\n'],
  ['kube-apiserver-order.yaml', 'spec:\n  $setElementOrder/containers: [{name: kube-apiserver}, {name: kms}]\n  containers:\n  - {name: kms, image: "registry.example/kms:1", env: [{name: COST, value: $5}]}\n'],
] as const) {
  test(`a patch ${name} that leaves alone what is kubeadm's own is taken: ${text.split('\n')[0] ?? ''}`, () => {
    assert.equal(patchProblem({ name, text }), null);
  });
}

const OWN = "is kubeadm's own";
for (const [name, text, problem] of [
  ['kube-apiserver.yaml', 'spec:\n  containers:\n  - {name: kube-apiserver, image: "mirror.example/kube-apiserver:v1.33.0"}\n', `the image of kube-apiserver, which ${OWN}`],
  ['kube-apiserver.yaml', 'spec:\n  containers:\n  - {name: kube-apiserver, command: [sh, -c, evil]}\n', `the name of the command of kube-apiserver, which ${OWN}`],
  ['kube-apiserver.yaml', 'spec:\n  containers:\n  - {name: kube-apiserver, $patch: delete}\n', 'it has $patch in spec.containers'],
  ['kube-apiserver.yaml', 'spec: {$retainKeys: [containers], containers: [{name: kube-apiserver}]}\n', 'it has $retainKeys in spec, and such a directive can take away'],
  ['kube-apiserver.yaml', 'spec: {containers: [{name: kube-apiserver, $deleteFromPrimitiveList/command: [kube-apiserver]}]}\n', 'it has $deleteFromPrimitiveList/command in spec.containers'],
  ['kube-apiserver.yaml', 'spec: {volumes: [{name: k8s-certs, $patch: delete}]}\n', 'it has $patch in spec.volumes'],
  ['kube-apiserver.yaml', 'spec: {containers: [{name: kube-apiserver, volumeMounts: [{mountPath: /etc/kubernetes/pki, $patch: delete}]}]}\n', 'it has $patch in spec.containers.volumeMounts'],
  ['kube-apiserver.json', '{"spec":{"securityContext":{"$retainKeys":["runAsUser"]}}}', 'it has $retainKeys in spec.securityContext'],
  ['kubeletconfiguration.yaml', '$retainKeys: [maxPods]\nmaxPods: 90\n', 'it has $retainKeys in the whole object'],
  ['kubeletconfiguration.yaml', 'authentication: {x509: {$patch: delete}}\n', 'it has $patch in authentication.x509'],
  ['kubeletconfiguration+merge.yaml', '$patch: replace\n', 'it has $patch in the whole object'],
  ['corednsdeployment.yaml', 'spec: {template: {$retainKeys: [spec]}}\n', 'it has $retainKeys in spec.template'],
  ['kube-apiserver+merge.yaml', 'spec: null\n', `it changes spec, which ${OWN}`],
  ['kube-scheduler.yaml', 'spec: null\n', `it changes spec, which ${OWN}`],
  ['etcd.yaml', 'spec: [a]\n', `it changes spec, which ${OWN}`],
  ['corednsdeployment+merge.yaml', 'spec: {template: {spec: null}}\n', `it changes spec.template.spec, which ${OWN}`],
  ['corednsdeployment.yaml', 'spec: {template: text}\n', `it changes spec.template, which ${OWN}`],
  ['kube-apiserver.yaml', 'spec:\n  containers:\n  - {image: "a:1"}\n', 'an item of spec.containers has no name'],
  ['kube-apiserver.yaml', 'spec: {containers: null}\n', `spec.containers, which ${OWN}`],
  ['kube-apiserver.yaml', 'spec: {$patch: replace, hostNetwork: true}\n', 'it has $patch in spec,'],
  ['kube-apiserver.yaml', 'metadata: {name: api}\n', `metadata.name, which ${OWN}`],
  ['kube-apiserver.yaml', 'metadata: {namespace: default}\n', `metadata.namespace, which ${OWN}`],
  ['kube-apiserver.yaml', 'metadata: {labels: {component: api}}\n', `metadata.labels.component, which ${OWN}`],
  ['kube-apiserver.yaml', 'kind: Deployment\n', `kind, which ${OWN}`],
  ['etcd+merge.yaml', 'spec:\n  containers:\n  - {name: etcd}\n', 'a merge patch replaces a list as a whole'],
  ['etcd+json.yaml', '- {op: replace, path: /spec/containers/0/image, value: x}\n', `/spec/containers/0/image, which ${OWN}`],
  ['etcd+json.yaml', '- {op: replace, path: /spec/containers/-1/image, value: x}\n', `/spec/containers/-1/image, which ${OWN}`],
  ['etcd+json.yaml', '- {op: replace, path: /spec/containers/0/command/0, value: sh}\n', `/spec/containers/0/command/0, which ${OWN}`],
  ['etcd+json.yaml', '- {op: add, path: /spec/containers/0/command, value: [sh]}\n', `/spec/containers/0/command, which ${OWN}`],
  ['etcd+json.yaml', '- {op: add, path: /spec/containers/0, value: {name: a}}\n', `/spec/containers/0, which ${OWN}`],
  ['etcd+json.yaml', '- {op: remove, path: /spec}\n', `/spec, which ${OWN}`],
  ['etcd+json.yaml', '- {op: replace, path: "", value: {}}\n', `the whole object, which ${OWN}`],
  ['etcd+json.yaml', '- {op: move, from: /metadata/name, path: /metadata/annotations/a}\n', `/metadata/name, which ${OWN}`],
  ['etcd+json.yaml', '- {op: replace, path: /metadata/labels/component, value: x}\n', `/metadata/labels/component, which ${OWN}`],
  ['etcd+json.yaml', '- {op: add, path: /metadata/labels, value: {}}\n', `/metadata/labels, which ${OWN}`],
  ['etcd+json.yaml', '- {op: set, path: /spec/a, value: 1}\n', 'has the op "set", which is not one of add'],
  ['etcd+json.yaml', '- {op: add, path: spec/a, value: 1}\n', 'is not a JSON pointer: "spec/a"'],
  ['etcd+json.yaml', '- {op: add, path: /spec/a}\n', 'has no value'],
  ['etcd+json.yaml', 'spec: {}\n', 'a json patch is a list of operations'],
  ['etcd.yaml', FLAG, 'a list of operations needs +json in the name of its file'],
  ['etcd.yaml', 'a: [\n', 'line 2'],
  ['etcd.json', '{"spec": ', 'line 1'],
  ['etcd.yaml', '# nothing\n', 'it is empty'],
  ['etcd.yaml', 'just text\n', 'a strategic patch is a map'],
  ['kubeletconfiguration.yaml', 'staticPodPath: /srv/manifests\n', `staticPodPath, which ${OWN}`],
  ['kubeletconfiguration+json.yaml', '- {op: remove, path: /staticPodPath}\n', `/staticPodPath, which ${OWN}`],
  ['corednsdeployment.yaml', 'spec: {template: {spec: {containers: [{name: coredns, image: "a:1"}]}}}\n', `the image of coredns, which ${OWN}`],
  ['notes.txt', 'hello\n', 'kubeadm reads no patch from a file of this name'],
] as const) {
  test(`a patch ${name} is refused: ${problem}`, () => {
    const found = patchProblem({ name, text });
    assert.ok(found?.includes(problem), found ?? 'it was taken');
  });
}

test('patches are read in the order of their names, and hidden files are passed over', async (context) => {
  const made = folder(context, { 'kube-apiserver1+json.yaml': FLAG, 'etcd.yaml': 'spec: {dnsPolicy: Default}\n', '.gitkeep': '' });
  assert.deepEqual((await readPatches(made)).map(({ name }) => name), ['etcd.yaml', 'kube-apiserver1+json.yaml']);
  assert.deepEqual(await readPatches(null), []);
});

test('a folder that is missing, is a file, is empty, holds a folder or a bad patch is refused with its place in the spec', async (context) => {
  const bad = folder(context, { 'etcd.yaml': 'metadata: {name: other}\n' });
  const deep = folder(context, { 'etcd.yaml': 'spec: {}\n' });
  mkdirSync(join(deep.file, 'old'));
  for (const [reference, type, message] of [
    [{ file: '/nowhere/patches' }, 'FileMissing', /^spec\.kubeadm\.patches\.file: \/nowhere\/patches cannot be read where the worker runs: ENOENT/],
    [{ file: join(bad.file, 'etcd.yaml') }, 'FileMissing', /ENOTDIR/],
    [folder(context, {}), 'SpecInvalid', /it holds no patch/],
    [deep, 'SpecInvalid', /old: it is a folder/],
    [bad, 'SpecInvalid', /^spec\.kubeadm\.patches\.file: .*etcd\.yaml: it changes metadata\.name/],
    [folder(context, { 'etcd.yaml': `a: ${'x'.repeat(300_000)}\n` }), 'SpecInvalid', /more than 256 KiB/],
    [folder(context, Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`etcd${String(at)}.yaml`, 'a: 1\n']))), 'SpecInvalid', /holds 65 files/],
  ] as const) {
    await assert.rejects(readPatches(reference), { type, message });
  }
});

test('patches get to the host in a folder of their digest, in the record that only root enters', async (context) => {
  const made = fakeHost('apt');
  context.after(() => made.remove());
  const kubeadm = await planned(folder(context, { 'kube-apiserver0+json.yaml': FLAG }));
  const input = { upgrade: UPGRADE, node: plannedNode('cp1', 'control-plane'), retry: 0, epochMs: 1 };
  const first = await uploadPatches(made.hosts, { ...input, kubeadm });
  const other = await uploadPatches(made.hosts, { ...input, kubeadm: await planned(folder(context, { 'etcd.yaml': 'spec: {dnsPolicy: Default}\n' })) });
  assert.match(first ?? '', /^\/var\/lib\/capstan\/u1\/cp1\/record\/patches-[0-9a-f]{16}$/);
  assert.notEqual(other, first);
  assert.deepEqual(readdirSync(join(made.root, first ?? '')), ['kube-apiserver0+json.yaml']);
  assert.equal(made.read(`${first ?? ''}/kube-apiserver0+json.yaml`), FLAG);
  assert.equal(await uploadPatches(made.hosts, { ...input, kubeadm: KUBEADM }), null);
});

test('both upgrade commands of kubeadm are given the folder, and beside a file it stands in the file', () => {
  const files = { config: null, patches: '/p' };
  assert.deepEqual(kubeadmApplyArguments('v1.34.4', KUBEADM, files, false), ['upgrade', 'apply', 'v1.34.4', '--yes', '--certificate-renewal=true', '--patches', '/p']);
  assert.deepEqual(kubeadmNodeArguments(KUBEADM, files), ['upgrade', 'node', '--certificate-renewal=true', '--patches', '/p']);
  assert.deepEqual(kubeadmNodeArguments(KUBEADM, { config: '/c', patches: '/p' }), ['upgrade', 'node', '--config', '/c']);
  const written = renderKubeadmConfig('', 'k.yaml', { version: 'v1.34.4', kubeadm: KUBEADM, patches: '/p', force: false });
  assert.equal(written.match(/patches:\n {4}directory: \/p\n/g)?.length, 2);
});

test('a file with patches of its own, or for a kubeadm that takes no patches beside it, is refused', () => {
  const options = { version: 'v1.34.4', kubeadm: KUBEADM, patches: '/p', force: false };
  const own = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\nnode: {patches: {directory: /etc/patches}}\n';
  assert.throws(() => renderKubeadmConfig(own, 'k.yaml', options), { type: 'SpecInvalid', message: /patches of its own beside spec\.kubeadm\.patches/ });
  assert.throws(() => renderKubeadmConfig('', 'k.yaml', { ...options, version: 'v1.30.4' }), { type: 'SpecInvalid', message: /neither .* nor --patches/ });
});

test('a worker gives the patches to kubeadm upgrade node, and a bad one starts nothing', async (context) => {
  const made = atOldMinor(fakeHost('apt'));
  context.after(() => made.remove());
  const run = (kubeadm: PlannedKubeadm) => {
    return runActivity(createUpgradeKubeadm({ openKube: openPlannedKube(UPGRADED), openHosts: async () => made.hosts, now: Date.now }), packageInput(plannedNode('w1', 'worker'), { kubeadm })).result;
  };
  const failure = await failureOf(run({ ...KUBEADM, patches: folder(context, { 'kubeletconfiguration.yaml': 'maxPods: [' }) }));
  assert.equal(failure.type, 'SpecInvalid');
  assert.ok(!made.journal().includes('kubeadm upgrade'));
  await run(await planned(folder(context, { 'kubeletconfiguration.yaml': 'maxPods: 250\n' })));
  assert.match(made.journal(), /kubeadm upgrade node --certificate-renewal=true --patches \/var\/lib\/capstan\/u1\/w1\/record\/patches-[0-9a-f]{16}\n/);
});
