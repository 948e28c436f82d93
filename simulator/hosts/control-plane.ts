import { companionsOf, staticPodImages, tagOf } from '../components.ts';
import { LIVE_DATA, restoredData } from './etcd-data.ts';
import type { Machine } from './machine.ts';
import { flagsInManifest, manifestText, SECURE_PORT } from './manifest.ts';
import type { TwinPatch } from './manifest.ts';
import { clusterConfiguration } from './tools/kubeadm-cluster.ts';
import { layProcess } from './process-files.ts';

export const MANIFESTS = '/etc/kubernetes/manifests';
/** The member's data, as a file that says what it is. */
export const MEMBER_DATA = '/var/lib/etcd/member/snap/db';

/** Writes the manifest of a static pod from the cluster's configuration and these patches. */
export function writeManifest(machine: Machine, component: string, image: string, patches: readonly TwinPatch[] = []): void {
  const { files, root } = machine;
  files.write(`${root}${MANIFESTS}/${component}.yaml`, manifestText(machine, component, { image, configuration: clusterConfiguration(machine), patches }), 0o600);
}

function flagsOf({ files, root }: Machine, component: string): readonly string[] {
  return flagsInManifest(files.read(`${root}${MANIFESTS}/${component}.yaml`) ?? '');
}

/** Image that a manifest names; null where it is not there. */
export function manifestImage({ files, root }: Machine, component: string): string | null {
  return /^ *image: (.*)$/m.exec(files.read(`${root}${MANIFESTS}/${component}.yaml`) ?? '')?.[1] ?? null;
}

/** Tells the API which static pods run here. */
export function publishStaticPods(machine: Machine): void {
  const images = Object.keys(staticPodImages('v0.0.0')).flatMap((component): [string, string][] => {
    const image = manifestImage(machine, component);
    return image === null ? [] : [[component, image]];
  });
  machine.world.model.kubelets.setStaticPods(machine.node.name, Object.fromEntries(images));
}

/** A new process of kube-apiserver in the place of the former one, or of none. */
export function startApiServer(machine: Machine): void {
  const { apiServer, files, root } = machine;
  if (apiServer.pid !== 0) files.remove(`${root}/proc/${String(apiServer.pid)}`);
  apiServer.pid = machine.newPid();
  layProcess(files, `${root}/proc`, apiServer.pid, { name: 'kube-apiserver', args: flagsOf(machine, 'kube-apiserver') });
}

export function startMember(machine: Machine): void {
  const { apiServer, files, root, node, world } = machine;
  apiServer.etcdPid = machine.newPid();
  const folder = `${root}/proc/${String(apiServer.etcdPid)}`;
  layProcess(files, `${root}/proc`, apiServer.etcdPid, { name: 'etcd', args: flagsOf(machine, 'etcd') });
  const restored = restoredData(files.read(`${root}${MEMBER_DATA}`) ?? '');
  files.write(`${root}${MEMBER_DATA}`, LIVE_DATA, 0o600);
  if (restored !== null && world.etcdData.start(node.name, restored)) machine.record('etcd restored', 'the objects of the snapshot are back');
  for (const name of ['etcdctl', 'etcdutl']) files.write(`${folder}/root/usr/local/bin/${name}`, machine.programText, 0o755);
}

export function stopMember({ apiServer, files, root }: Machine): void {
  if (apiServer.etcdPid !== 0) files.remove(`${root}/proc/${String(apiServer.etcdPid)}`);
  apiServer.etcdPid = 0;
}

/** The kubelet starts what it has a manifest of and what does not run. */
export function startStaticPods(machine: Machine): void {
  const { apiServer, node, world } = machine;
  const member = manifestImage(machine, 'etcd');
  const server = manifestImage(machine, 'kube-apiserver');
  const startsMember = apiServer.etcdPid === 0 && member !== null;
  const startsServer = apiServer.pid === 0 && server !== null;
  if (startsMember) {
    startMember(machine);
    world.etcd.start(node.name, etcdVersion(tagOf(member)));
  }
  if (startsServer) {
    apiServer.version = tagOf(server);
    startApiServer(machine);
  }
  if (startsMember || startsServer) publishStaticPods(machine);
}

/** A signal reaches no process of a twin: one without a manifest, and without a kubelet to look after it, counts as ended when it is looked for. */
export function endStrayPods(machine: Machine): void {
  const { apiServer, files, root, node, world } = machine;
  if (machine.kubelet.running) return;
  if (apiServer.etcdPid !== 0 && manifestImage(machine, 'etcd') === null) {
    stopMember(machine);
    world.etcd.stop(node.name);
    machine.record('etcd member ended');
  }
  if (apiServer.pid !== 0 && manifestImage(machine, 'kube-apiserver') === null) {
    files.remove(`${root}/proc/${String(apiServer.pid)}`);
    apiServer.pid = 0;
    machine.record('API server ended');
  }
}

/**
 * Everything that kubeadm left on a control-plane node when it was set up, with no load balancer in front of it: then the
 * scripts leave its API server alone, and nothing waits in real time for processes that a twin does not have.
 */
export function layOutControlPlane(machine: Machine): void {
  const { files, root, world: { description } } = machine;
  for (const [component, image] of Object.entries(staticPodImages(description.version))) writeManifest(machine, component, image);
  files.write(`${root}/etc/kubernetes/admin.conf`, `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://${machine.address}:${String(SECURE_PORT)}\n  name: kubernetes\n`, 0o600);
  for (const name of ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key', 'server.crt', 'server.key']) files.write(`${root}/etc/kubernetes/pki/etcd/${name}`, `${name} of the twin\n`, 0o600);
  startApiServer(machine);
  startMember(machine);
}

/** Version of the member that a Kubernetes version brings, without the image's revision. */
export function etcdVersion(tag: string): string {
  return tag.replace(/-\d+$/, '');
}

export function etcdVersionOf(version: string): string {
  return etcdVersion(companionsOf(version).etcd);
}
