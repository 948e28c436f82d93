import { machineIdsOf } from '../machine-ids.ts';
import { layOutControlPlane } from './control-plane.ts';
import type { Machine } from './machine.ts';
import { withDefaultsOf } from '../kubelet-config.ts';
import { minorOfVersion, setPackage } from './machine.ts';
import { layFirstProcess } from './process-files.ts';
import { minorsOf, OWN_LISTS, ownSources, writeSources } from './repository.ts';
import { firstImages } from './tools/images.ts';
import { kubeletConfigOf } from './tools/kubeadm-cluster.ts';

/** Puts on a host what kubeadm and its packages put there when the cluster was set up. */
export function layOut(machine: Machine): void {
  const { files, root, node, world } = machine;
  const { machineId, systemUuid } = machineIdsOf(world.description.name, node.name);
  files.write(`${root}/etc/machine-id`, `${machineId}\n`);
  files.write(`${root}/sys/class/dmi/id/product_uuid`, `${systemUuid}\n`);
  for (const folder of ['/var/lib/dpkg', '/var/cache/apt/archives', '/etc/kubernetes/tmp', '/tmp']) files.makeFolder(`${root}${folder}`);
  for (const name of ['lock', 'lock-frontend']) files.write(`${root}/var/lib/dpkg/${name}`, '');
  files.write(`${root}/proc/swaps`, 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n');
  files.write(`${root}/proc/locks`, '');
  // Whoever runs the twin is root on its hosts.
  files.write(`${root}/proc/self/status`, 'Uid:\t0\t0\t0\t0\n');
  layFirstProcess(files, `${root}/proc`);
  for (const name of machine.packages.keys()) setPackage(machine, name, {});
  writeSources(machine);
  writeKubeletConfig(machine, withDefaultsOf(machine.kubelet.version, kubeletConfigOf(machine, machine.kubelet.version)));
  files.write(`${root}/var/lib/kubelet/kubeadm-flags.env`, 'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock"\n', 0o644);
  files.write(`${root}/etc/kubernetes/kubelet.conf`, 'apiVersion: v1\nkind: Config\nusers:\n- name: default-auth\n  user:\n    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n', 0o600);
  // Read when the present version was installed: the target came later.
  machine.lists.set(OWN_LISTS, minorsOf(machine, ownSources(machine)).filter((minor) => minor === minorOfVersion(machine.kubelet.version)));
  for (const image of firstImages(machine)) machine.images.add(image);
  machine.kubelet.pid = machine.newPid();
  if (node.role === 'control-plane') layOutControlPlane(machine);
}

/** The kubelet's file. */
export function writeKubeletConfig({ files, root }: Machine, text: string): void {
  files.write(`${root}/var/lib/kubelet/config.yaml`, text, 0o644);
}

/** Another program takes dpkg's lock; `released` resolves when it gives it back. */
export function takeLock(machine: Machine, name: string, released: Promise<void>): void {
  const process = machine.newPid();
  machine.lock = { process, name, released };
  writeLocks(machine, process);
  void released.then(() => {
    machine.lock = null;
    writeLocks(machine, null);
  });
}

/** A line as Linux writes it; the device's numbers do not matter to anybody. */
function writeLocks({ files, root }: Machine, process: number | null): void {
  const inode = files.inode(`${root}/var/lib/dpkg/lock-frontend`);
  files.write(`${root}/proc/locks`, process === null ? '' : `1: POSIX  ADVISORY  WRITE ${String(process)} fe:01:${String(inode)} 0 EOF\n`);
}
