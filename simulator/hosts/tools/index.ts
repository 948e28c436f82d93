import { endStrayPods } from '../control-plane.ts';
import { versionOfPackage } from '../machine.ts';
import type { Units } from '../units.ts';
import { aptCache, aptGet, aptMark } from './apt.ts';
import type { Call, Tool } from './call.ts';
import { cpio, dnf, rpm, rpm2cpio, rpmkeys } from './dnf.ts';
import { dpkg, dpkgDeb } from './dpkg.ts';
import { etcdctl } from './etcdctl.ts';
import { etcdutl } from './etcdutl.ts';
import { crictl, ctr } from './images.ts';
import { kubeadm } from './kubeadm.ts';
import { kubectl } from './kubectl.ts';
import { curl, journalctl, systemctl } from './systemctl.ts';

/** Programs of a host that only the member's container has. */
export const CONTAINER_TOOLS = ['etcdctl', 'etcdutl'] as const;

/** Every tool that the twin answers for, by its name. */
export function createTools(units: Units): Readonly<Record<string, Tool>> {
  return {
    'apt-get': aptGet, 'apt-cache': aptCache, 'apt-mark': aptMark, dpkg, 'dpkg-deb': dpkgDeb,
    dnf, yum: dnf, rpm, rpm2cpio, rpmkeys, cpio,
    systemctl: systemctl(units), 'systemd-run': systemdRun(units), journalctl, curl,
    kubeadm, kubelet, kubectl, crictl, ctr, etcdctl, etcdutl, pgrep, df,
  };
}

/** `systemd-run --unit=NAME --service-type=forking … COMMAND`: returns when the command has put itself in the background. */
function systemdRun(units: Units): Tool {
  return async (call) => {
    const first = call.args.findIndex((word) => !word.startsWith('-'));
    const option = (name: string): string => call.args.slice(0, first).find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
    const unit = option('unit').replace(/\.service$/, '');
    if (option('service-type') !== 'forking' || unit === '' || first < 0) {
      call.err("the twin's systemd-run knows named services of type forking only");
      return 1;
    }
    const code = await units.start(call.machine, unit, call.args.slice(first));
    if (code === 0) return 0;
    call.err(code === null ? `Failed to start transient service unit: Unit ${unit}.service was already loaded or has a fragment file.` : `Job for ${unit}.service failed because the control process exited with error code.`);
    return 1;
  };
}

/** `kubelet --version`: of the program on the disk, which may be newer than the one that runs. */
function kubelet({ machine, out }: Call): number {
  out(`Kubernetes ${versionOfPackage(machine.packages.get('kubelet')?.version ?? '')}`);
  return 0;
}

/** `pgrep -x NAME`. Of a control plane's processes a twin shows those that the scripts must find. */
function pgrep({ args, machine, out }: Call): number {
  endStrayPods(machine);
  const name = args.at(-1) ?? '';
  const pid = name === 'etcd' ? machine.apiServer.etcdPid : name === 'kube-apiserver' ? machine.apiServer.pid : name === 'kubeadm' && machine.kubeadms > 0 ? 1 : 0;
  if (pid === 0) return 1;
  out(String(pid));
  return 0;
}

/** `df -Pk FOLDER …`. */
function df({ args, machine, out }: Call): number {
  const size = 100 * 1024 * 1024;
  out('Filesystem     1024-blocks     Used Available Capacity Mounted on');
  for (const word of args) if (word.startsWith('/')) out(`/dev/vda         ${String(size)} ${String(size - machine.disk.freeKib)} ${String(machine.disk.freeKib)}      50% /`);
  return 0;
}
