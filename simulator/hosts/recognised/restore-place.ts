import { dirname } from 'node:path';
import type { HostFiles } from '../files.ts';
import { filesAt, sumOf } from './record.ts';
import type { Script } from './script.ts';

/** lib-restore: where a restore works on a host. */
export interface RestorePlace {
  readonly record: string;
  readonly restore: string;
  /** Folder of etcd's data; empty where no member is recorded. */
  readonly data: string;
  readonly restored: string;
}

export function restorePlace({ machine: { files } }: Script, record: string, id: string): RestorePlace {
  const data = recordedFlag(files, record, 'etcd', 'data-dir');
  return { record, restore: `${dirname(record)}/restore`, data, restored: `${data}/restored-${id}` };
}

export function recordedFlag(files: HostFiles, record: string, component: string, flag: string): string {
  const text = files.read(`${record}/files/etc/kubernetes/manifests/${component}.yaml`) ?? '';
  return new RegExp(`^ *- --${flag}=(.*)$`, 'm').exec(text)?.[1] ?? '';
}

export function recordedTag(files: HostFiles, record: string, component: string): string {
  return /^ *image: .*:([^":@]*)$/m.exec(files.read(`${record}/files/etc/kubernetes/manifests/${component}.yaml`) ?? '')?.[1] ?? '';
}

/** Why the member cannot be restored from the record, and what to do; null where it can. */
export function memberProblem({ machine: { files } }: Script, { record, data }: RestorePlace): readonly [cause: string, next: string] | null {
  if (data === '') return [`no etcd member is recorded in ${record}/files`, 'Only clusters whose etcd runs on their control-plane nodes are restored.'];
  const utility = files.read(`${record}/etcdutl`);
  const next = `Put etcdutl ${recordedTag(files, record, 'etcd')} there, with its SHA-256 in etcdutl.sha256.`;
  if (utility === null) return [`${record}/etcdutl is not there`, next];
  return files.read(`${record}/etcdutl.sha256`) === `${sumOf(utility)}  etcdutl\n` ? null : [`${record}/etcdutl is damaged: its SHA-256 does not hold`, next];
}

export function requireMemberRecord(script: Script, place: RestorePlace): void {
  const problem = memberProblem(script, place);
  if (problem !== null) script.fail(...problem);
}

/** `mv` of a file, or of a folder with all that is in it. */
export function move(files: HostFiles, from: string, to: string): void {
  for (const path of filesAt(files, from)) files.write(`${to}${path.slice(from.length)}`, files.readBytes(path) ?? Buffer.alloc(0));
  files.remove(from);
}
