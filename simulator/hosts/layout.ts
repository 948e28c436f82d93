import { layOutControlPlane } from './control-plane.ts';
import type { Machine } from './machine.ts';
import { minorOfVersion, setPackage } from './machine.ts';
import { minorsOf, OWN_LISTS, ownSources, writeSources } from './repository.ts';
import { firstImages } from './tools/images.ts';

/** Puts on a host what kubeadm and its packages put there when the cluster was set up. */
export function layOut(machine: Machine): void {
  const { files, root, node } = machine;
  for (const folder of ['/var/lib/dpkg', '/var/cache/apt/archives', '/etc/kubernetes/tmp', '/tmp']) files.makeFolder(`${root}${folder}`);
  for (const name of ['lock', 'lock-frontend']) files.write(`${root}/var/lib/dpkg/${name}`, '');
  files.write(`${root}/proc/swaps`, 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n');
  files.write(`${root}/proc/locks`, '');
  for (const name of machine.packages.keys()) setPackage(machine, name, {});
  writeSources(machine);
  writeKubeletConfig(machine);
  // Read when the present version was installed: the target came later.
  machine.lists.set(OWN_LISTS, minorsOf(machine, ownSources(machine)).filter((minor) => minor === minorOfVersion(machine.kubelet.version)));
  for (const image of firstImages(machine)) machine.images.add(image);
  machine.kubelet.pid = machine.newPid();
  if (node.role === 'control-plane') layOutControlPlane(machine);
}

export function writeKubeletConfig({ files, root }: Machine): void {
  files.write(`${root}/var/lib/kubelet/config.yaml`, 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: true\nhealthzBindAddress: 127.0.0.1\nhealthzPort: 10248\nstaticPodPath: /etc/kubernetes/manifests\n', 0o644);
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
