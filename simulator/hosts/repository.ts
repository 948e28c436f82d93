import { compareNumbered, hostPath, minorOfVersion, packageVersion } from './machine.ts';
import type { Machine } from './machine.ts';

/** Where the twin's hosts take their packages from; nothing is ever fetched from there. */
export const REPOSITORY = 'https://packages.twin.invalid/kubernetes';
/** The source file of a host that was set up as kubeadm's guide says. */
export const SOURCE_FILES = { apt: '/etc/apt/sources.list.d/kubernetes.list', dnf: '/etc/yum.repos.d/kubernetes.repo' } as const;
/** Key of the host's own package lists. */
export const OWN_LISTS = '/var/lib/apt/lists';

const PACKAGES = ['kubeadm', 'kubelet', 'kubectl'];

export function writeSources({ files, root, world: { description } }: Machine): void {
  if (description.packageManager === 'apt') files.write(`${root}${SOURCE_FILES.apt}`, `deb [trusted=yes] ${REPOSITORY}/deb/ /\n`);
  else files.write(`${root}${SOURCE_FILES.dnf}`, `[kubernetes]\nname=Kubernetes\nbaseurl=${REPOSITORY}/rpm/\nenabled=1\ngpgcheck=0\nexclude=kubelet kubeadm kubectl cri-tools kubernetes-cni\n`);
}

/** Versions of Kubernetes that the repository has, oldest first: what runs and what the description's target is. */
function versionsOf({ world: { description } }: Machine): readonly string[] {
  const running = description.nodes.flatMap((node) => node.kubeletVersion ?? []);
  return [...new Set([...running, description.version, description.target])].toSorted(compareNumbered);
}

/** Minors that the sources in these files offer: the one that a URL names, or all of them. */
export function minorsOf(machine: Machine, files: readonly string[]): readonly string[] {
  return [...new Set(urlsIn(machine, files).flatMap((url) => minorsAt(machine, url)))];
}

/** URLs in these files at which the repository has nothing: those of a minor that it does not know. */
export function unknownUrls(machine: Machine, files: readonly string[]): readonly string[] {
  return urlsIn(machine, files).filter((url) => minorsAt(machine, url).length === 0).map((url) => url.replace(/\/$/, ''));
}

function urlsIn(machine: Machine, files: readonly string[]): readonly string[] {
  const texts = files.map((file) => machine.files.read(file) ?? '');
  return texts.flatMap((text) => [...text.replaceAll(/^\s*#.*$/gm, '').matchAll(/https?:\/\/\S+/g)].map(([url]) => url));
}

function minorsAt(machine: Machine, url: string): readonly string[] {
  const all = versionsOf(machine).map(minorOfVersion);
  const named = /\/v(\d+\.\d+)(?:\/|$)/.exec(url)?.[1];
  return named === undefined ? all : all.filter((minor) => minor === named);
}

/** What the package lists in this folder know, by default the host's own. */
export function knownMinors(machine: Machine, folder: string = OWN_LISTS): readonly string[] {
  return machine.lists.get(listsKey(machine, folder)) ?? [];
}

/** Versions of a package that these minors have, newest first as the package managers list them. */
export function offered(machine: Machine, name: string, minors: readonly string[]): readonly string[] {
  if (!PACKAGES.includes(name)) return [];
  return versionsOf(machine).filter((version) => minors.includes(minorOfVersion(version)))
    .map((version) => packageVersion(machine.world.description.packageManager, version)).toReversed();
}

/** The host's own source files of its package manager. */
export function ownSources(machine: Machine): readonly string[] {
  const { files, root, world: { description } } = machine;
  const folder = description.packageManager === 'apt' ? '/etc/apt/sources.list.d' : '/etc/yum.repos.d';
  return filesIn(machine, `${root}${folder}`).concat(files.exists(`${root}/etc/apt/sources.list`) ? [`${root}/etc/apt/sources.list`] : []);
}

export function filesIn({ files }: Machine, folder: string): string[] {
  return files.list(folder).filter((name) => /\.(list|sources|repo)$/.test(name)).map((name) => `${folder}/${name}`);
}

/** Where the line of `apt-cache madison` says that a package comes from. */
export function originOf(): string {
  return `${REPOSITORY}/deb  Packages`;
}

export function listsKey(machine: Machine, folder: string): string {
  return hostPath(machine, folder);
}
