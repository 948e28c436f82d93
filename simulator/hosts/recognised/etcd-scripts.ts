import { createHash } from 'node:crypto';
import { MANIFESTS } from '../control-plane.ts';
import { isWhole } from '../etcd-snapshot.ts';
import { must, ScriptEnd } from './script.ts';
import type { Script } from './script.ts';

const DOCUMENTS = [['members', 'member', 'list'], ['status', 'endpoint', 'status', '--cluster'], ['health', 'endpoint', 'health', '--cluster'], ['alarms', 'alarm', 'list']] as const;

export async function readEtcd(script: Script): Promise<void> {
  findEtcd(script);
  for (const [name, ...words] of DOCUMENTS) {
    const { out, err } = await script.capture('etcdctl', [...words, '-w', 'json']);
    if (err !== '') script.complain(err);
    script.say(`${name} ${out.replaceAll('\n', '')}`);
  }
}

export async function moveEtcdLeader(script: Script): Promise<void> {
  findEtcd(script);
  await must(script.pass('etcdctl', ['--command-timeout', '10s', 'move-leader', script.args[0] ?? '']));
}

export async function snapshotEtcd(script: Script): Promise<void> {
  const { machine: { files, world }, args: [folder = '', name = '', keep = '1'] } = script;
  findEtcd(script);
  const file = `${folder}/${name}.db`;
  await must(script.pass('etcdctl', ['--command-timeout', '30m', 'snapshot', 'save', `${file}.part`]));
  const status = await script.capture('etcdutl', ['snapshot', 'status', `${file}.part`, '-w', 'json']);
  if (status.exitCode !== 0) throw new ScriptEnd(status.exitCode);
  const trial = await verifySnapshot(script, `${file}.part`, `${folder}/.trial-${name}`);
  const content = files.readBytes(`${file}.part`) ?? Buffer.alloc(0);
  files.remove(file);
  files.write(file, content);
  files.remove(`${file}.part`);
  const takenAt = (path: string): number => world.etcdData.find(files.readBytes(path) ?? Buffer.alloc(0))?.takenAtMs ?? 0;
  const all = files.list(folder).filter((each) => each.endsWith('.db')).map((each) => `${folder}/${each}`).toSorted((left, right) => takenAt(right) - takenAt(left));
  for (const old of all.slice(Number(keep))) if (old !== file) files.remove(old);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const now = new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  script.say(`result: {"file":"${file}","sha256":"${sha256}","bytes":${String(content.length)},"takenAt":"${now}","status":${status.out},"trial":${trial}}`);
}

/** The status of what the snapshot is restored to; where the disk has no room for it, null, and the SHA-256 that the snapshot ends in is compared. */
async function verifySnapshot(script: Script, file: string, folder: string): Promise<string> {
  const { machine: { files, disk }, fail } = script;
  const content = files.readBytes(file) ?? Buffer.alloc(0);
  if (disk.freeKib < content.length / 1024 + 1_048_576) {
    if (!isWhole(content)) fail('the snapshot is damaged: it does not end in the SHA-256 of its data', 'It was damaged on its way to the disk: look at the disk of this host, then start again.');
    return 'null,"verified":"sum"';
  }
  const restored = await script.capture('etcdutl', ['snapshot', 'restore', file, '--data-dir', folder]);
  if (restored.exitCode !== 0) throw new ScriptEnd(1);
  const status = await script.capture('etcdutl', ['snapshot', 'status', `${folder}/member/snap/db`, '-w', 'json']);
  files.remove(folder);
  return status.out;
}

/** Ends with 3 where no member runs. */
export function findEtcd({ machine, complain }: Script): void {
  const runs = machine.apiServer.etcdPid !== 0;
  if (runs && machine.files.exists(`${MANIFESTS}/etcd.yaml`)) return;
  complain(`error: ${runs ? `this host has no static pod of etcd: ${MANIFESTS}/etcd.yaml is not there` : 'no etcd process runs on this host'}`);
  throw new ScriptEnd(3);
}
