import { MANIFESTS } from '../control-plane.ts';
import { versionOfPackage } from '../machine.ts';
import { holding, restartKubelet } from './package-scripts.ts';
import { installedVersion, openPackages, PACKAGES, refuseOthers, releaseHolds } from './packages.ts';
import type { Packages } from './packages.ts';
import { filesAt, recordedFiles } from './record.ts';
import type { RecordedFile } from './record.ts';
import { must } from './script.ts';
import type { Script } from './script.ts';

export async function rollbackNode(script: Script): Promise<void> {
  const packages = openPackages(script);
  const recorded = requireRecord(packages);
  refuseChangedControlPlane(packages, recorded);
  await putNodeBack(packages, recorded);
}

export async function restoreWorker(script: Script): Promise<void> {
  const packages = openPackages(script);
  await putNodeBack(packages, requireRecord(packages));
}

async function putNodeBack(packages: Packages, recorded: readonly RecordedFile[]): Promise<void> {
  const { script, args } = packages;
  await holding(packages, PACKAGES, async () => {
    restoreRepository(packages);
    await restorePackages(packages);
    for (const { path, text } of recorded) if (isOfKubelet(path)) putBack(packages, text ?? '', path);
    await restartKubelet(packages);
    await requireFormerKubelet(packages);
    script.say(`kubelet is back at ${args.version}`);
    script.say(`changed: ${packages.changed ? 'yes' : 'no'}`);
  });
}

export async function requireFormerKubelet({ script, args: { version } }: Packages): Promise<void> {
  const reported = (await script.capture('kubelet', ['--version'])).out;
  if (reported !== `Kubernetes ${version}`) script.fail(`the kubelet calls itself ${reported} after ${version} was put back`, 'See `command -v kubelet`: another kubelet comes first in PATH.');
}

/** lib-recorded: packages, their sources or the kubelet's configuration are not what they were before the first change. */
export function isChanged(script: Script, record: string): boolean {
  const { files } = script.machine;
  if (files.exists(`${record}/changing`)) return true;
  const hasOther = PACKAGES.some((name) => {
    const former = formerVersion(script, record, name);
    return former !== '' && installedVersion(script, name) !== former;
  });
  const differs = (folder: string, isCompared: (path: string) => boolean): boolean =>
    filesAt(files, folder).some((copy) => isCompared(copy.slice(folder.length)) && files.read(copy) !== files.read(copy.slice(folder.length)));
  return hasOther || differs(`${record}/repository`, () => true) || differs(`${record}/files`, (path) => path !== '/SHA256SUMS' && isOfKubelet(path));
}

/** Of /etc/kubernetes only what is the kubelet's: the rest belongs to the control plane. */
function isOfKubelet(path: string): boolean {
  return path === '/etc/kubernetes/kubelet.conf' || !path.startsWith('/etc/kubernetes/');
}

export function requireRecord({ script, args }: Packages): readonly RecordedFile[] {
  const { record, version } = args;
  const recorded = requireConfiguration(script, record);
  const former = formerVersion(script, record, 'kubelet');
  if (versionOfPackage(former) !== version) script.fail(`the package kubelet was ${former === '' ? 'absent' : former} before, while the kubelet ran ${version}`, 'Nothing was changed: the record cannot say which of both to put back. Bring the node back by hand.');
  return recorded;
}

export function requireConfiguration(script: Script, record: string): readonly RecordedFile[] {
  const recorded = recordedFiles(script, { record });
  if (recorded === null) return script.fail(`what this node was before its first change is not recorded in ${record}/files`, 'Bring its packages and its configuration back by hand; each step of the upgrade is in its log.');
  const damaged = recorded.filter(({ text }) => text === null);
  if (damaged.length > 0) {
    for (const { path } of damaged) script.say(`${path.slice(1)}: FAILED`);
    script.complain(`sha256sum: WARNING: ${String(damaged.length)} computed checksum${damaged.length === 1 ? '' : 's'} did NOT match`);
    script.fail(`the record in ${record}/files is damaged: a SHA-256 does not hold`, 'Nothing was changed. Bring the configuration named above back by hand.');
  }
  return recorded;
}

export function formerVersion({ machine: { files } }: Script, record: string, name: string): string {
  return (files.read(`${record}/versions/${name}`) ?? '').trim();
}

function refuseChangedControlPlane({ script }: Packages, recorded: readonly RecordedFile[]): void {
  const changed = recorded.find(({ path, text }) => path.startsWith(`${MANIFESTS}/`) && script.machine.files.read(path) !== text);
  if (changed !== undefined) script.fail(`${changed.path} is not what it was before: the control plane of this node has changed, and it cannot go back alone`, 'Retry the node, or restore the whole cluster from the etcd snapshot that was taken before.');
}

export function putBack(packages: Packages, text: string, path: string): void {
  const { machine: { files }, say } = packages.script;
  if (files.read(path) === text) return;
  files.write(path, text);
  say(`put back: ${path}`);
  packages.changed = true;
}

export function restoreRepository(packages: Packages): void {
  const { script: { machine: { files } }, args: { record } } = packages;
  const copies = ['/etc/apt/sources.list', ...['/etc/apt/sources.list.d', '/etc/yum.repos.d'].flatMap((folder) => files.list(`${record}/repository${folder}`).map((name) => `${folder}/${name}`))];
  for (const path of copies) {
    const text = files.read(`${record}/repository${path}`);
    if (text !== null) putBack(packages, text, path);
  }
}

export async function restorePackages(packages: Packages): Promise<void> {
  const { script, args, family } = packages;
  const { files } = script.machine;
  await family.mend();
  const names = PACKAGES.filter((name) => {
    const former = formerVersion(script, args.record, name);
    return former !== '' && installedVersion(script, name) !== former;
  });
  let isOffline = true;
  const specs: string[] = [];
  for (const name of names) {
    const former = formerVersion(script, args.record, name);
    const file = formerFile(packages, name, former);
    if (file === null) {
      isOffline = false;
      if (!await offers(packages, name, former)) script.fail(`the file of the package ${name} ${former} was not kept, and no source of this host has it`, `Bring the file to ${args.record}/packages, then retry.`);
    }
    specs.push(file ?? `${name}${family.separator}${former}`);
  }
  if (names.length === 0) {
    script.say(`${PACKAGES.join(' ')}: at their former versions already`);
    return;
  }
  await releaseHolds(packages, names);
  await refuseOthers(packages, names, specs, isOffline ? ['downgrade', '--disablerepo=*'] : ['downgrade']);
  files.write(`${args.record}/changing`, '');
  await must(family.name === 'apt' ? family.install(['--allow-downgrades', ...specs]) : script.pass('dnf', ['-y', '-q', 'downgrade', ...(isOffline ? ['--disablerepo=*'] : []), ...specs]));
  files.remove(`${args.record}/changing`);
  for (const name of names) {
    const former = formerVersion(script, args.record, name);
    if (installedVersion(script, name) !== former) script.fail(`the package ${name} is at ${installedVersion(script, name)} after ${former} was put back`, 'Look at what the package manager said above.');
  }
  packages.changed = true;
}

function formerFile({ script: { machine: { files } }, args: { record }, family }: Packages, name: string, version: string): string | null {
  const file = `${record}/packages/${family.name === 'apt' ? `${name}_${version}_amd64.deb` : `${name}-${version}.x86_64.rpm`}`;
  return files.isFile(file) ? file : null;
}

async function offers({ script, family }: Packages, name: string, version: string): Promise<boolean> {
  if (family.name === 'dnf' || (await family.candidates(name, false)).includes(version)) return true;
  try {
    await family.update((text) => { script.complain(text); });
  } catch {
    return false;
  }
  return (await family.candidates(name, false)).includes(version);
}
