import { createHash } from 'node:crypto';
import type { Timing } from '../../description.ts';
import type { HostFiles } from '../files.ts';
import { findEtcd } from './etcd-scripts.ts';
import type { Script } from './script.ts';

/** A few hundred kilobytes of small files. */
const COPY: Timing = { meanMs: 100, variation: 0.3 };

export async function recordControlPlane(script: Script): Promise<void> {
  const { machine: { files }, say, args: [folder = ''] } = script;
  const record = `${folder}/control-plane`;
  if (files.exists(`${record}/complete`)) {
    say('recorded already');
    say('changed: no');
    return;
  }
  files.remove(record);
  for (const name of files.list('/etc/kubernetes')) if (name !== 'tmp') copy(files, `/etc/kubernetes/${name}`, `${record}/kubernetes/${name}`);
  for (const name of ['config.yaml', 'kubeadm-flags.env']) if (files.isFile(`/var/lib/kubelet/${name}`)) copy(files, `/var/lib/kubelet/${name}`, `${record}/kubelet/${name}`);
  if (files.exists('/etc/kubernetes/manifests/etcd.yaml')) {
    findEtcd(script);
    files.write(`${record}/etcdutl`, script.machine.programText, 0o700);
  }
  await script.spend('copy files', COPY);
  const all = filesBelow(files, record);
  files.write(`${record}/sums`, all.map((path) => `${createHash('sha256').update(files.read(path) ?? '').digest('hex')}  .${path.slice(record.length)}\n`).join(''));
  files.write(`${record}/complete`, '');
  say(`recorded ${String(all.length)} files`);
  say('changed: yes');
}

function copy(files: HostFiles, from: string, to: string): void {
  const text = files.isFile(from) ? files.read(from) : null;
  if (text !== null) files.write(to, text);
  else for (const name of files.list(from)) copy(files, `${from}/${name}`, `${to}/${name}`);
}

function filesBelow(files: HostFiles, folder: string): readonly string[] {
  return files.list(folder).flatMap((name) => (files.isFile(`${folder}/${name}`) ? [`${folder}/${name}`] : filesBelow(files, `${folder}/${name}`)));
}
