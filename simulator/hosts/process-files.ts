import type { HostFiles } from './files.ts';

/** A process as Linux shows it below /proc. */
export interface ShownProcess {
  readonly name: string;
  readonly args?: readonly string[];
  /** User that it runs as; root by default. */
  readonly user?: number;
  /** Path of its cgroup; by default that of a static pod. `host`: a program of the host itself, in no container. */
  readonly cgroup?: string;
  /** True where it is in a user namespace of its own, as any user may make one. */
  readonly ownNamespace?: boolean;
}

/** UID of a pod that the kubelet has from a manifest: a hash. */
export const STATIC_POD = 'pod0123456789abcdef0123456789abcdef';
/** Cgroup of a container of a static pod, as the driver systemd names it. */
export const STATIC_POD_CGROUP = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${STATIC_POD}.slice/cri-containerd-5f1c.scope`;

/** What every host has: its first process, by which the host's own namespaces and root folder are known. */
export function layFirstProcess(files: HostFiles, proc: string): void {
  files.write(`${proc}/1/comm`, 'systemd\n');
  files.write(`${proc}/1/status`, 'Name:\tsystemd\nUid:\t0\t0\t0\t0\n');
  files.write(`${proc}/1/ns/user`, 'user:[4026531837]');
  files.write(`${proc}/1/root/sbin/init`, '');
}

/** Writes what the scripts read of a process. */
export function layProcess(files: HostFiles, proc: string, pid: number, { name, args = [], user = 0, cgroup = STATIC_POD_CGROUP, ownNamespace = false }: ShownProcess): void {
  const folder = `${proc}/${String(pid)}`;
  const id = String(user);
  files.write(`${folder}/comm`, `${name.slice(0, 15)}\n`);
  files.write(`${folder}/cmdline`, [name, ...args, ''].join('\0'));
  files.write(`${folder}/status`, `Name:\t${name.slice(0, 15)}\nUid:\t${id}\t${id}\t${id}\t${id}\nGid:\t0\t0\t0\t0\n`);
  files.write(`${folder}/cgroup`, `0::${cgroup === 'host' ? '/system.slice/ssh.service' : cgroup}\n`);
  if (ownNamespace) files.write(`${folder}/ns/user`, 'user:[4026532999]');
  else files.link(`${folder}/ns/user`, `${proc}/1/ns/user`);
  if (cgroup === 'host') files.link(`${folder}/root`, `${proc}/1/root`);
}
