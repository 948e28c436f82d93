import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createUpgradeKubeadm } from '../../activities/packages/upgrade-kubeadm.ts';
import { readCheckedFiles, readLocalFiles } from '../../activities/plan/check-files.ts';
import { plannedKubeadm } from '../../workflows/domain/planned-file.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { spec } from '../domain/cluster.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { fakeHost } from './fake-host.ts';
import { atOldMinor, packageInput, plannedNode } from './inputs.ts';

const CONFIG = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\n';
const MANIFEST = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cni}\n';
const PATCH = 'maxPods: 250\n';

interface Files {
  readonly spec: UpgradeSpec;
  readonly folder: string;
}

/** A spec that names a file of each kind. */
function withFiles(context: TestContext): Files {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-moved-'));
  context.after(() => { rmSync(folder, { recursive: true }); });
  mkdirSync(join(folder, 'patches'));
  writeFileSync(join(folder, 'config.yaml'), CONFIG);
  writeFileSync(join(folder, 'cni.yaml'), MANIFEST);
  writeFileSync(join(folder, 'patches/kubeletconfiguration.yaml'), PATCH);
  return {
    folder,
    spec: spec({
      addons: [{ name: 'cni', when: 'workers', manifest: { file: join(folder, 'cni.yaml') } }],
      kubeadm: { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: { file: join(folder, 'config.yaml') }, patches: { file: join(folder, 'patches') } },
    }),
  };
}

test('a plan has every file that is applied, with the digest of its content', async (context) => {
  const { spec: written, folder } = withFiles(context);
  const files = await readCheckedFiles(written);
  assert.deepEqual(files.map(({ what, name, path, bytes }) => [what, name, path.replace(folder, ''), bytes]), [
    ['addon', 'cni', '/cni.yaml', MANIFEST.length], ['component-configs', 'componentConfigs', '/config.yaml', CONFIG.length],
    ['patch', 'kubeletconfiguration.yaml', '/patches/kubeletconfiguration.yaml', PATCH.length],
  ]);
  assert.equal(files[2]?.sha256, '0cc58185f9961f11917f9182c17bdf5dfbd4e2e6ca6638e497ad76b572d60c86');
});

test('a file that cannot be applied is refused when the plan is made: missing, a folder, broken, too large', async (context) => {
  const { spec: written, folder } = withFiles(context);
  const cni = join(folder, 'cni.yaml');
  for (const [spoil, type, message] of [
    [() => { writeFileSync(cni, 'kind: ['); }, 'SpecInvalid', /cni\.yaml/],
    [() => { writeFileSync(cni, Buffer.alloc(17 * 1024 * 1024, 32)); }, 'SpecInvalid', /has 17825792 bytes/],
    [() => { unlinkSync(cni); }, 'FileMissing', /^spec\.addons\[cni\]\.manifest\.file: .*ENOENT/],
    [() => { mkdirSync(cni); }, 'FileMissing', /not a file/],
  ] as const) {
    spoil();
    await assert.rejects(readCheckedFiles(written), { type, message });
  }
});

for (const [what, change, message] of [
  ['component configs that differ', (folder: string) => { writeFileSync(join(folder, 'config.yaml'), `${CONFIG}node: {skipPhases: [all]}\n`); }, /^spec\.kubeadm\.componentConfigs\.file: .*was 62 bytes, SHA-256 [0-9a-f]{64}, is 88 bytes, SHA-256 [0-9a-f]{64}/],
  ['a patch that differs', (folder: string) => { writeFileSync(join(folder, 'patches/kubeletconfiguration.yaml'), 'maxPods: 10\n'); }, /kubeadm's patch kubeletconfiguration\.yaml .*: was 13 bytes/],
  ['a patch that is new', (folder: string) => { writeFileSync(join(folder, 'patches/etcd.yaml'), 'spec: {dnsPolicy: Default}\n'); }, /kubeadm's patch etcd\.yaml .*: not in the plan/],
  ['a patch that is gone', (folder: string) => { writeFileSync(join(folder, 'patches/etcd.yaml'), 'spec: {dnsPolicy: Default}\n'); unlinkSync(join(folder, 'patches/kubeletconfiguration.yaml')); }, /kubeadm's patch kubeletconfiguration\.yaml .*: gone/],
] as const) {
  test(`${what} when the turn of a node comes stops it: kubeadm is not started`, async (context) => {
    const { spec: written, folder } = withFiles(context);
    const files = await readCheckedFiles(written);
    const host = atOldMinor(fakeHost('apt'));
    context.after(() => host.remove());
    const run = (retry: number) => runActivity(createUpgradeKubeadm({ openKube: openPlannedKube(UPGRADED), openHosts: async () => host.hosts, now: Date.now }), packageInput(plannedNode('w1', 'worker'), { kubeadm: plannedKubeadm({ spec: executedSpec(written), files }), retry })).result;
    const before = withoutFiles(folder);
    change(folder);

    const failure = await failureOf(run(0));

    assert.equal(failure.type, 'FileMoved');
    assert.match(failure.message, message);
    assert.ok(!host.journal().includes('kubeadm upgrade'));
    before();
    await run(1);
    assert.match(host.journal(), /kubeadm upgrade node --config/);
  });
}

/** What puts the files back as they were. */
function withoutFiles(folder: string): () => void {
  return () => {
    rmSync(join(folder, 'patches'), { recursive: true });
    mkdirSync(join(folder, 'patches'));
    writeFileSync(join(folder, 'patches/kubeletconfiguration.yaml'), PATCH);
    writeFileSync(join(folder, 'config.yaml'), CONFIG);
  };
}

test('a plan without a worker reads the files that are here, says which are not, and opens none that access names', async (context) => {
  const { spec: written, folder } = withFiles(context);
  const elsewhere = { ...written, addons: [...written.addons, { name: 'csi', when: 'workers', manifest: { file: '/nowhere/csi.yaml' } } as const] };
  const files = await readLocalFiles(elsewhere);
  assert.deepEqual(files.map(({ name, sha256 }) => [name, sha256 === null]), [['cni', false], ['csi', true], ['componentConfigs', false], ['kubeletconfiguration.yaml', false]]);
  const key = join(folder, 'cni.yaml');
  const secret = { ...written, access: { ...written.access, ssh: { ...written.access.ssh, privateKey: { file: key } } } };
  assert.equal((await readLocalFiles(secret))[0]?.sha256, null);
  const absent = { ...written, kubeadm: { ...written.kubeadm, patches: { file: join(folder, 'nowhere') } } };
  assert.deepEqual((await readLocalFiles(absent)).at(-1), { what: 'patch', name: '*', key: 'spec.kubeadm.patches.file/*', path: join(folder, 'nowhere/*'), sha256: null, bytes: null });
});

test('the home of the worker stands for ~', async () => {
  const written = spec({ addons: [{ name: 'cni', when: 'workers', manifest: { file: '~/capstan-is-not-here.yaml' } }] });
  await assert.rejects(readCheckedFiles(written), { type: 'FileMissing', message: new RegExp(`${homedir()}/capstan-is-not-here\\.yaml`) });
});
