import { endStrayPods, MANIFESTS } from '../control-plane.ts';
import { versionOfPackage } from '../machine.ts';
import { findEtcd } from './etcd-scripts.ts';
import { recordedFiles, sumOf } from './record.ts';
import { memberProblem, move, recordedFlag, recordedTag, requireMemberRecord, restorePlace } from './restore-place.ts';
import type { RestorePlace } from './restore-place.ts';
import { formerVersion, isChanged, requireConfiguration } from './rollback-script.ts';
import { must } from './script.ts';
import type { Script } from './script.ts';

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const;
const SPARE_KIB = 1_048_576;

export async function checkRestore(script: Script): Promise<void> {
  const { machine: { files, disk, packages }, say, args: [record = '', sha256 = ''] } = script;
  const place = restorePlace(script, record, '');
  const isControlPlane = files.exists(`${MANIFESTS}/kube-apiserver.yaml`) || files.exists(`${record}/files${MANIFESTS}/kube-apiserver.yaml`);
  say(`kubelet ${versionOfPackage(packages.get('kubelet')?.version ?? '')}`);
  say(`former-kubelet ${formerVersion(script, record, 'kubelet')}`);
  if (packages.has('kubeadm') && isChanged(script, record)) say('changed yes');
  if (isControlPlane) {
    say(`api-server ${recordedTag(files, record, 'kube-apiserver')}`);
    say(`member ${recordedFlag(files, record, 'etcd', 'name')}=${recordedFlag(files, record, 'etcd', 'initial-advertise-peer-urls')}`);
  }
  const problem = problemOf(script, place, isControlPlane);
  if (problem !== null) say(`problem ${problem}`);
  if (place.data !== '' && files.exists(place.data)) say(`data-free ${String(disk.freeKib)}`);
  say(`state-free ${String(disk.freeKib)}`);
  const snapshot = files.readBytes(`${place.restore}/snapshot.db`);
  if (snapshot !== null && sumOf(snapshot) === sha256) say('snapshot yes');
}

function problemOf(script: Script, place: RestorePlace, isControlPlane: boolean): string | null {
  const recorded = recordedFiles(script, place);
  if (recorded === null) return `what this node was before its first change is not recorded in ${place.record}/files`;
  if (recorded.some(({ text }) => text === null)) return `the record in ${place.record}/files is damaged: a SHA-256 does not hold`;
  return isControlPlane ? memberProblem(script, place)?.[0] ?? null : null;
}

export async function listKeys(script: Script): Promise<void> {
  findEtcd(script);
  await must(script.pass('etcdctl', ['get', '/registry/', '/registry0', '--limit', '5000', '--keys-only', '-w', 'json']));
}

export async function prepareRestore(script: Script): Promise<void> {
  const { machine: { files, disk }, say, fail, args: [record = '', id = '', sha256 = '', members = '', bump = ''] } = script;
  const place = restorePlace(script, record, id);
  const { data, restored, restore } = place;
  requireConfiguration(script, record);
  requireMemberRecord(script, place);
  if (!files.exists(data)) fail(`${data} is not there`, 'Is the disk of etcd mounted?');
  if (files.exists(restored)) {
    say('restored beside the live data already');
    say('changed: no');
    return;
  }
  const file = `${restore}/snapshot.db`;
  const content = files.readBytes(file);
  if (content === null) return fail(`${file} is not there`, 'Copy the snapshot there, then retry.');
  if (sumOf(content) !== sha256) fail(`${file} has the SHA-256 ${sumOf(content)}, not ${sha256}`, 'Delete it, then retry: it is copied again.');
  const need = Math.floor(content.length / 1024) + SPARE_KIB;
  if (disk.freeKib < need) fail(`${data} has room for ${String(disk.freeKib)} KiB, and the restored data needs ${String(need)} KiB with 1 GiB to spare`, 'Free space there, then retry.');
  files.remove(`${restored}.part`);
  await script.pass('etcdutl', [
    'snapshot', 'restore', file, '--data-dir', `${restored}.part`, '--name', recordedFlag(files, record, 'etcd', 'name'), '--initial-cluster', members,
    '--initial-advertise-peer-urls', recordedFlag(files, record, 'etcd', 'initial-advertise-peer-urls'), '--initial-cluster-token', `capstan-${id}`, '--bump-revision', bump, '--mark-compacted',
  ]);
  if (!files.exists(`${restored}.part/member/snap`)) fail('etcdutl did not restore the snapshot', 'Nothing of the cluster was changed. What etcdutl said is above; the same snapshot was restored for trial when it was taken.');
  move(files, `${restored}.part`, restored);
  say(`restored for ${members}`);
  say('changed: yes');
}

export async function stopControlPlane(script: Script): Promise<void> {
  const { machine, machine: { files, kubelet }, say, fail, args: [record = '', id = ''] } = script;
  const { restore, restored } = restorePlace(script, record, id);
  requireConfiguration(script, record);
  if (!files.exists(restored)) fail(`${restored} is not there: the snapshot was not restored on this host`, 'Nothing was stopped. Start the restore again.');
  if (machine.kubeadms > 0) fail('kubeadm runs on this host: process 1', 'Nothing was stopped. Wait for its end, then retry.');
  let isChanged = kubelet.running;
  await script.capture('systemctl', ['stop', 'kubelet']);
  const aside = `${restore}/${id}/manifests`;
  files.makeFolder(aside);
  for (const component of COMPONENTS) {
    if (!files.exists(`${MANIFESTS}/${component}.yaml`)) continue;
    move(files, `${MANIFESTS}/${component}.yaml`, `${aside}/${component}.yaml`);
    isChanged = true;
  }
  endStrayPods(machine);
  say(`the control plane has ended; its manifests are in ${aside}`);
  say(`changed: ${isChanged ? 'yes' : 'no'}`);
}
