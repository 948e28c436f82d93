import { restoredData, restoredText } from '../etcd-data.ts';
import { isWhole } from '../etcd-snapshot.ts';
import { OperationFailed, spend } from './call.ts';
import type { Call } from './call.ts';
import { DB_SIZE, wordsOf } from './etcd-words.ts';

/** `etcdutl snapshot status FILE -w json` and `etcdutl snapshot restore FILE --data-dir FOLDER …`. */
export async function etcdutl(call: Call): Promise<number> {
  const [, verb, path = ''] = wordsOf(call.args);
  return verb === 'restore' ? restore(call, path) : status(call, path);
}

function status(call: Call, path: string): number {
  const { files, world: { etcdData } } = call.machine;
  const restored = restoredData(files.read(path) ?? '');
  const snapshot = restored === null ? etcdData.find(files.readBytes(path) ?? Buffer.alloc(0)) : etcdData.get(restored.sum);
  if (snapshot === null) {
    call.err(`Error: ${path} is no snapshot of the twin's etcd`);
    return 1;
  }
  const { sum, revision, keys, version } = snapshot;
  call.out(`{"hash":${String(parseInt(sum.slice(0, 8), 16))},"revision":${String(revision)},"totalKey":${String(keys)},"totalSize":${String(DB_SIZE)}${version.startsWith('3.5.') ? '' : `,"version":"${version}"`}}`);
  return 0;
}

async function restore(call: Call, path: string): Promise<number> {
  const { files, world: { etcdData, description } } = call.machine;
  const file = files.readBytes(path) ?? Buffer.alloc(0);
  const snapshot = etcdData.find(file);
  if (snapshot === null || !isWhole(file)) {
    call.err(`Error: expected sha256 of ${path} differs from what it ends in`);
    return 1;
  }
  try {
    await spend(call, 'restore snapshot', description.timings.snapshot);
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  }
  const option = (name: string): string | null => (call.args.includes(name) ? call.args[call.args.indexOf(name) + 1] ?? null : null);
  const text = restoredText({ sum: snapshot.sum, token: option('--initial-cluster-token') ?? 'etcd-cluster', revision: snapshot.revision + Number(option('--bump-revision') ?? 0) });
  files.write(`${option('--data-dir') ?? 'default.etcd'}/member/snap/db`, text, 0o600);
  return 0;
}
