import { setTimeout as sleep } from 'node:timers/promises';
import { endStrayPods, MANIFESTS } from '../control-plane.ts';
import { Gone } from '../tools/call.ts';
import { holding, restartKubelet } from './package-scripts.ts';
import { openPackages, PACKAGES } from './packages.ts';
import type { Packages } from './packages.ts';
import type { RecordedFile } from './record.ts';
import { move, recordedTag, requireMemberRecord, restorePlace } from './restore-place.ts';
import type { RestorePlace } from './restore-place.ts';
import { formerVersion, putBack, requireConfiguration, requireFormerKubelet, requireRecord, restorePackages, restoreRepository } from './rollback-script.ts';
import type { Script } from './script.ts';

const ASK_MS = 50;
const ANSWER_MS = 300_000;

export async function restoreControlPlane(script: Script): Promise<void> {
  const packages = openPackages(script);
  const { args: { record, restore } } = packages;
  const { machine: { apiServer, files }, say } = script;
  const place = restorePlace(script, record, restore);
  const recorded = requireConfiguration(script, record);
  requireMemberRecord(script, place);
  endStrayPods(script.machine);
  if (apiServer.etcdPid !== 0 || apiServer.pid !== 0) script.fail('the control plane of this node runs', 'Something has started it since it was stopped. Move the static manifests away, end the processes, then retry.');
  await script.capture('systemctl', ['stop', 'kubelet']);
  await holding(packages, PACKAGES, async () => {
    placeMember(packages, place, restore);
    await restoreFormerPackages(packages);
    await script.capture('systemctl', ['stop', 'kubelet']);
    await restoreKubernetes(packages, recorded);
    await requireFormerKubelet(packages);
    say(`control plane is back at ${recordedTag(files, record, 'kube-apiserver')}, not started`);
    say(`changed: ${packages.changed ? 'yes' : 'no'}`);
  });
}

function placeMember(packages: Packages, { data, restored }: RestorePlace, id: string): void {
  const { machine: { files }, say, fail } = packages.script;
  if (!files.exists(restored)) fail(`${restored} is not there: the snapshot was not restored on this host`, 'Nothing was changed. Start the restore again.');
  if (!files.exists(`${restored}/member`)) {
    say('the restored member is in its place already');
    return;
  }
  if (files.exists(`${data}/member`)) {
    const former = `${data}/member.before-${id}`;
    if (files.exists(former)) fail(`${former} is there, and so is ${data}/member`, 'See which of both is the member of before, move the other away, then retry.');
    move(files, `${data}/member`, former);
    say(`set aside: ${former}`);
  }
  move(files, `${restored}/member`, `${data}/member`);
  say(`in its place: ${data}/member`);
  packages.changed = true;
}

async function restoreFormerPackages(packages: Packages): Promise<void> {
  const { script, args: { record } } = packages;
  if (formerVersion(script, record, 'kubelet') === '') {
    script.say('no package of this node was changed');
    return;
  }
  requireRecord(packages);
  restoreRepository(packages);
  await restorePackages(packages);
}

async function restoreKubernetes(packages: Packages, recorded: readonly RecordedFile[]): Promise<void> {
  const isManifest = ({ path }: RecordedFile): boolean => path.startsWith(`${MANIFESTS}/`);
  for (const { path, text } of recorded.filter((file) => !isManifest(file))) putBack(packages, text ?? '', path);
  await packages.script.capture('systemctl', ['stop', 'kubelet']);
  for (const { path, text } of recorded.filter(isManifest)) putBack(packages, text ?? '', path);
}

export async function startControlPlane(script: Script): Promise<void> {
  const packages = openPackages(script);
  const { args: { record, restore } } = packages;
  const { machine: { files }, say, fail } = script;
  const { restored } = restorePlace(script, record, restore);
  requireConfiguration(script, record);
  if (!files.exists(restored) || files.exists(`${restored}/member`)) fail('the restored member is not in its place on this node', 'Nothing was started: the step restoreControlPlane comes before.');
  for (const component of ['etcd', 'kube-apiserver']) {
    const path = `${MANIFESTS}/${component}.yaml`;
    if (files.read(`${record}/files${path}`) !== files.read(path)) fail(`${path} is not the recorded one`, 'Nothing was started: the step restoreControlPlane comes before.');
  }
  await restartKubelet(packages);
  const seconds = await untilAnswering(script);
  say(`member and API server answer after ${String(seconds)} s`);
  say('changed: yes');
}

async function untilAnswering({ machine, signal, fail }: Script): Promise<number> {
  const { apiServer, node, world: { etcd } } = machine;
  const started = performance.now();
  const memberAnswers = (): boolean => etcd.member(node.name)?.running === true && etcd.hasQuorum();
  while (!memberAnswers() || apiServer.pid === 0) {
    const waiting = memberAnswers() ? 'the API server' : 'the etcd member';
    if (performance.now() - started >= ANSWER_MS) fail(`${waiting} of this node does not answer 300 s after the start of the kubelet`, 'It needs most of the members started. See the logs of its containers in /var/log/pods and the journal of the unit kubelet; mend it, then retry.');
    // Members of other hosts tell nobody here that they have started.
    await sleep(ASK_MS, undefined, { signal }).catch(() => { throw new Gone(); });
  }
  return Math.floor((performance.now() - started) / 1000);
}
