import { createHash } from 'node:crypto';
import type { HostFiles } from '../files.ts';
import type { Script } from './script.ts';
import type { PackageArguments } from './packages.ts';

const KUBELET_FILES = [
  '/var/lib/kubelet/config.yaml', '/var/lib/kubelet/kubeadm-flags.env',
  '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
];
const KUBERNETES = '/etc/kubernetes';

/** lib-record: the configuration before the first change, with the SHA-256 of each file. */
export function keepConfiguration({ machine: { files } }: Script, { record }: Pick<PackageArguments, 'record'>): void {
  if (files.exists(`${record}/files`)) return;
  const ofKubernetes = files.list(KUBERNETES).filter((name) => name !== 'tmp').flatMap((name) => filesAt(files, `${KUBERNETES}/${name}`));
  const paths = [...KUBELET_FILES, ...ofKubernetes.toSorted((one, other) => (one < other ? -1 : 1))];
  const rows = paths.flatMap((path) => {
    const text = files.read(path);
    if (text === null) return [];
    files.write(`${record}/files${path}`, text);
    return [`${sumOf(text)}  ${path.slice(1)}\n`];
  });
  files.write(`${record}/files/SHA256SUMS`, rows.join(''));
}

export interface RecordedFile {
  /** Absolute path on the host. */
  readonly path: string;
  readonly copy: string;
  /** Null where the copy is gone or is no longer what was recorded. */
  readonly text: string | null;
}

/** What was recorded; null where nothing was. */
export function recordedFiles({ machine: { files } }: Script, { record }: Pick<PackageArguments, 'record'>): readonly RecordedFile[] | null {
  const sums = files.read(`${record}/files/SHA256SUMS`);
  if (sums === null) return null;
  return sums.split('\n').filter((row) => row !== '').map((row) => {
    const [sum = '', path = ''] = row.split('  ');
    const copy = `${record}/files/${path}`;
    const text = files.read(copy);
    return { path: `/${path}`, copy, text: text !== null && sumOf(text) === sum ? text : null };
  });
}

export function sumOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Every file at or below a path. */
export function filesAt(files: HostFiles, path: string): readonly string[] {
  return files.isFile(path) ? [path] : files.list(path).flatMap((name) => filesAt(files, `${path}/${name}`));
}
