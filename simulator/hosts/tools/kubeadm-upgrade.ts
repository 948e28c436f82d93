import { companionsOf, imagesOf, staticPodImages, tagOf } from '../../components.ts';
import { etcdVersion, manifestImage, publishStaticPods, startApiServer, startMember, stopMember, writeManifest } from '../control-plane.ts';
import { writeKubeletConfig } from '../layout.ts';
import { minorNumber, versionOfPackage } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { patched } from '../manifest.ts';
import type { TwinPatch } from '../manifest.ts';
import { withDefaultsOf } from '../../kubelet-config.ts';
import { givenPatches } from './kubeadm-files.ts';
import { behind, kubeletConfigOf, upgradeAddons, writeClusterVersion } from './kubeadm-cluster.ts';
import { spend } from './call.ts';
import type { Call } from './call.ts';
import { pullImage } from './images.ts';

export async function upgradeWorker(call: Call): Promise<void> {
  const { machine } = call;
  call.out('[upgrade/preflight] Skipping prepull. Not a control plane node.');
  call.out('[upgrade/control-plane] Skipping phase. Not a control plane node.');
  call.out('[upgrade/kubeconfig] Skipping phase. Not a control plane node.');
  const tookMs = await spend(call, 'kubeadm upgrade', machine.world.description.timings.kubeadmWorker);
  kubeletConfig(call);
  call.out('[upgrade/addon] Skipping the addon/coredns phase. Not a control plane node.');
  call.out('[upgrade/addon] Skipping the addon/kube-proxy phase. Not a control plane node.');
  machine.record('kubeadm upgrade node', '', tookMs);
}

/** Etcd first, then the rest of the control plane; what is at the version already is left alone. */
export async function upgradeControlPlane(call: Call, target: string, isApply: boolean): Promise<void> {
  const { machine } = call;
  await prepull(call, target);
  call.out(`[upgrade/control-plane] Upgrading your Static Pod-hosted control plane to version "${target}" (timeout: 5m0s)...`);
  await upgradeEtcd(call, target);
  await upgradeStaticPods(call, target);
  call.out('[upgrade/control-plane] The control plane instance for this node was successfully upgraded!');
  if (isApply) {
    writeClusterVersion(machine, target);
    machine.record('kubeadm-config', target);
    call.out('[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace');
  }
  kubeletConfig(call);
  addons(call, target);
  machine.record(isApply ? `kubeadm upgrade apply ${target}` : 'kubeadm upgrade node');
  if (isApply) call.out(`[upgrade] SUCCESS! A control plane node of your cluster was upgraded to "${target}".`);
}

async function prepull(call: Call, target: string): Promise<void> {
  call.out('[upgrade/prepull] Pulling images required for setting up a Kubernetes cluster');
  for (const image of imagesOf(target)) {
    if (!call.machine.images.has(image)) await pullImage(call, image);
  }
}

async function upgradeEtcd(call: Call, target: string): Promise<void> {
  const { machine } = call;
  const { world: { etcd, description }, node } = machine;
  const from = manifestImage(machine, 'etcd');
  const to = staticPodImages(target)['etcd'] ?? '';
  if (from === null) return;
  if (from === to) {
    call.out('[upgrade/etcd] Non fatal issue encountered during upgrade: the desired etcd version for this Kubernetes version is already running');
    return;
  }
  call.out(`[upgrade/staticpods] Preparing for "etcd" upgrade`);
  const backup = backupFolder(machine, 'etcd');
  machine.files.write(`${machine.root}${backup}/etcd.yaml`, machine.files.read(`${machine.root}/etc/kubernetes/manifests/etcd.yaml`) ?? '');
  stopMember(machine);
  etcd.stop(node.name);
  const replacement: Replacement = { machine, patches: givenPatches(call) };
  const tookMs = await spend(call, 'replace etcd member', description.timings.kubeadmEtcd, () => { replaceMember(replacement, target, from, to, 0); });
  replaceMember(replacement, target, from, to, tookMs);
  call.out(`[upgrade/staticpods] Moving new manifest to "/etc/kubernetes/manifests/etcd.yaml" and backing up old manifest to "${backup}/etcd.yaml"`);
  call.out('[upgrade/staticpods] Component "etcd" upgraded successfully!');
}

interface Replacement {
  readonly machine: Machine;
  readonly patches: readonly TwinPatch[];
}

/** The kubelet starts the member of the new manifest, whatever has become of kubeadm. */
function replaceMember({ machine, patches }: Replacement, target: string, from: string, to: string, tookMs: number): void {
  writeManifest(machine, 'etcd', to, patches);
  startMember(machine);
  machine.world.etcd.start(machine.node.name, etcdVersion(companionsOf(target).etcd));
  publishStaticPods(machine);
  machine.record('etcd member replaced', `${tagOf(from)} → ${tagOf(to)}`, tookMs);
}

async function upgradeStaticPods(call: Call, target: string): Promise<void> {
  const { machine } = call;
  const wanted = Object.entries(staticPodImages(target)).filter(([component]) => component !== 'etcd');
  const changed = wanted.filter(([component, image]) => manifestImage(machine, component) !== image);
  const tookMs = await spend(call, 'kubeadm upgrade', machine.world.description.timings.kubeadmControlPlane);
  if (changed.length === 0) return;
  const backup = backupFolder(machine, 'manifests');
  const former = tagOf(manifestImage(machine, 'kube-apiserver') ?? '');
  for (const [component, image] of changed) {
    call.out(`[upgrade/staticpods] Preparing for "${component}" upgrade`);
    machine.files.write(`${machine.root}${backup}/${component}.yaml`, machine.files.read(`${machine.root}/etc/kubernetes/manifests/${component}.yaml`) ?? '');
    writeManifest(machine, component, image, givenPatches(call));
    call.out(`[upgrade/staticpods] Moving new manifest to "/etc/kubernetes/manifests/${component}.yaml" and backing up old manifest to "${backup}/${component}.yaml"`);
    call.out(`[upgrade/staticpods] Component "${component}" upgraded successfully!`);
  }
  machine.apiServer.version = target;
  startApiServer(machine);
  publishStaticPods(machine);
  machine.record('static pods', `${former} → ${target}`, tookMs);
}

function kubeletConfig(call: Call): void {
  const { machine } = call;
  const folder = backupFolder(machine, 'kubelet-config');
  machine.files.write(`${machine.root}${folder}/config.yaml`, machine.files.read(`${machine.root}/var/lib/kubelet/config.yaml`) ?? '');
  const version = versionOfPackage(machine.packages.get('kubeadm')?.version ?? '');
  writeKubeletConfig(machine, patched(withDefaultsOf(version, kubeletConfigOf(machine, version)), 'kubeletconfiguration', givenPatches(call)));
  call.out(`[upgrade] Backing up kubelet config file to ${folder}/config.yaml`);
  if (minorNumber(version) >= 34) call.out('[patches] Applied patch of type "application/strategic-merge-patch+json" to target "kubeletconfiguration"');
  call.out('[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/config.yaml"');
  call.out('[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!');
}

/** kubeadm leaves the add-ons to the last control-plane node. */
function addons(call: Call, target: string): void {
  const waiting = behind(call.machine, target);
  if (waiting.length > 0) {
    call.out(`[upgrade/addon] Skipping upgrade of addons because control plane instances [${waiting.join(' ')}] have not been upgraded`);
    return;
  }
  upgradeAddons(call.machine, target);
  call.machine.record('addons', target);
  call.out('[addons] Applied essential addon: CoreDNS');
  call.out('[addons] Applied essential addon: kube-proxy');
}

/** `kubeadm-backup-etcd-2026-11-21-07-19-14`, as kubeadm names it; one second later where that is taken. */
function backupFolder(machine: Machine, of: string): string {
  for (let at = machine.world.clock.now(); ; at += 1000) {
    const time = new Date(at).toISOString().slice(0, 19);
    const folder = `/etc/kubernetes/tmp/kubeadm-${of === 'kubelet-config' ? `kubelet-config${time.replaceAll(/\D/g, '')}` : `backup-${of}-${time.replaceAll(/[T:]/g, '-')}`}`;
    if (machine.files.exists(`${machine.root}${folder}`)) continue;
    machine.files.makeFolder(`${machine.root}${folder}`);
    return folder;
  }
}
