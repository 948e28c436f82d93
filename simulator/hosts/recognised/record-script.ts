import type { Timing } from '../../description.ts';
import { MANIFESTS } from '../control-plane.ts';
import { findEtcd } from './etcd-scripts.ts';
import { keepConfiguration, sumOf } from './record.ts';
import type { Script } from './script.ts';

/** A few hundred kilobytes of small files. */
const COPY: Timing = { meanMs: 100, variation: 0.3 };

export async function recordControlPlane(script: Script): Promise<void> {
  const { machine: { files, programText }, say, args: [record = ''] } = script;
  if (files.exists(`${record}/files`)) {
    say('recorded already');
    say('changed: no');
    return;
  }
  if (files.exists(`${MANIFESTS}/etcd.yaml`)) {
    findEtcd(script);
    files.write(`${record}/etcdutl`, programText, 0o700);
    files.write(`${record}/etcdutl.sha256`, `${sumOf(programText)}  etcdutl\n`);
  }
  await script.spend('copy files', COPY);
  keepConfiguration(script, { record });
  say(`recorded ${String((files.read(`${record}/files/SHA256SUMS`) ?? '').split('\n').length - 1)} files`);
  say('changed: yes');
}
