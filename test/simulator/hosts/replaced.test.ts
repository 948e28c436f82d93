import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { kubeletLosses } from '../../../activities/preflight/replaced/kubelet-losses.ts';
import { readReplaced } from '../../../activities/preflight/replaced/read-replaced.ts';
import { compareStaticPod } from '../../../activities/preflight/replaced/static-pod-losses.ts';
import { patchedKubeletConfiguration } from '../../../activities/kubeadm/patches/apply-patches.ts';
import { readPatchFiles } from '../../../activities/plan/planned-patches.ts';
import { readPatches } from '../../../activities/kubeadm/patches/read-patches.ts';
import type { ScriptWay } from '../../../simulator/hosts/port.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { runActivity } from '../../support/run-activity.ts';
import { activities, controlPlaneInput, packageInput } from './inputs.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

const FLAG = '--encryption-provider-config=/etc/kubernetes/enc.yaml';
const CONFIGURATION = { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration' };
const KUBELET = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', failSwapOn: true, healthzBindAddress: '127.0.0.1', healthzPort: 10248, staticPodPath: '/etc/kubernetes/manifests' };

function patches(context: TestContext): { readonly file: string } {
  const folder = mkdtempSync(join(scratchFolder(), 'capstan-patches-'));
  context.after(() => { rmSync(folder, { recursive: true }); });
  writeFileSync(join(folder, 'kube-apiserver0+json.yaml'), `- {op: add, path: /spec/containers/0/command/-, value: ${FLAG}}\n`);
  writeFileSync(join(folder, 'kubeletconfiguration.yaml'), 'maxPods: 250\n');
  return { file: folder };
}

/** What an upgrade would take from a node of the twin, with the patches of this folder. */
async function lost(twin: TestTwin, name: string, folder: { readonly file: string } | null): Promise<readonly string[]> {
  const files = await readPatches(folder);
  const { kubelet, staticPods, failure } = await readReplaced(twin.worker, twin.planned(name), { configuration: CONFIGURATION, patches: files, withAddons: false, signal: AbortSignal.timeout(60_000) });
  assert.equal(failure, null);
  return [
    ...staticPods.flatMap(({ component, running, wanted, plain }) => compareStaticPod(component, { running, wanted: wanted ?? '', plain: plain ?? wanted ?? '' }).losses.map(({ what }) => what)),
    ...kubeletLosses(kubelet ?? '', patchedKubeletConfiguration(KUBELET, files)),
  ];
}

for (const way of ['shell', 'recognised'] as const satisfies readonly ScriptWay[]) {
  test(`a twin without anything of its own loses nothing, and one with a flag loses it, unless a patch keeps it: ${way}`, async (context) => {
    const twin = await startTestTwin(context, describe(3, 1), { way });
    assert.deepEqual([await lost(twin, 'cp1', null), await lost(twin, 'w1', null)], [[], []]);

    const { machine: { files, root } } = twin.hosts.host('cp1');
    const manifest = `${root}/etc/kubernetes/manifests/kube-apiserver.yaml`;
    files.write(manifest, (files.read(manifest) ?? '').replace('    image:', `    - ${FLAG}\n    image:`));
    const kubelet = `${root}/var/lib/kubelet/config.yaml`;
    files.write(kubelet, `${files.read(kubelet) ?? ''}maxPods: 250\n`);
    assert.deepEqual(await lost(twin, 'cp1', null), [FLAG, 'maxPods: 250']);
    const folder = patches(context);
    assert.deepEqual(await lost(twin, 'cp1', folder), []);

    const input = { ...controlPlaneInput(twin, 'cp1'), kubeadm: { ...packageInput(twin, 'cp1').kubeadm, patches: folder, files: await readPatchFiles({ patches: folder }) } };
    await runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'cp1')).result;
    await runActivity(activities(twin).upgradeControlPlane, input).result;
    assert.match(files.read(manifest) ?? '', /encryption-provider-config=\/etc\/kubernetes\/enc\.yaml[\s\S]*kube-apiserver:v1\.34\.4/);
    assert.match(files.read(kubelet) ?? '', /maxPods: 250/);
  });

  test(`kubeadm on the twin takes away what nothing keeps, as the real one does: ${way}`, async (context) => {
    const twin = await startTestTwin(context, describe(3, 1), { way });
    const { machine: { files, root } } = twin.hosts.host('cp1');
    const manifest = `${root}/etc/kubernetes/manifests/kube-apiserver.yaml`;
    files.write(manifest, (files.read(manifest) ?? '').replace('    image:', `    - ${FLAG}\n    image:`));
    await runActivity(activities(twin).upgradeKubeadm, packageInput(twin, 'cp1')).result;
    await runActivity(activities(twin).upgradeControlPlane, controlPlaneInput(twin, 'cp1')).result;
    assert.doesNotMatch(files.read(manifest) ?? '', /encryption/);
  });
}
