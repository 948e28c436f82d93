import type { UpgradePlan } from './plan.ts';
import type { AddonTime, UpgradeSpec } from './spec.ts';
import type { PlannedKubeadm } from './step.ts';

export const FILE_KINDS = ['addon', 'component-configs', 'patch'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** A file that the spec names and an upgrade applies. */
export interface FileSource {
  readonly what: FileKind;
  /** Of the add-on, or of the patch file in its folder; what it is called in the spec otherwise. */
  readonly name: string;
  /** Place in the spec, such as `spec.addons[calico].manifest.file`. */
  readonly key: string;
  /** On the worker's machine; `~` is the worker's home. */
  readonly path: string;
}

/** The same as it was when the plan was made: what is applied later is this content and no other. */
export interface PlannedFile extends FileSource {
  /** Hex, of the content; null where it could not be read, as with a dump of a cluster whose files are elsewhere. */
  readonly sha256: string | null;
  readonly bytes: number | null;
}

/** The files that the spec names one by one and an upgrade applies, in its order. A new kind belongs here: then the hash covers it. */
export function filesOf({ addons, kubeadm }: Pick<UpgradeSpec, 'addons' | 'kubeadm'>): readonly FileSource[] {
  return [
    ...addons.map(({ name, manifest }): FileSource => ({ what: 'addon', name, key: `spec.addons[${name}].manifest.file`, path: manifest.file })),
    ...(kubeadm.componentConfigs === null ? [] : [{ what: 'component-configs', name: 'componentConfigs', key: 'spec.kubeadm.componentConfigs.file', path: kubeadm.componentConfigs.file } as const]),
  ];
}

/** What differs between the files of a plan and the same files now, a line each. @param now Those that are still to be applied. */
export function movedFiles(planned: readonly PlannedFile[], now: readonly PlannedFile[]): readonly string[] {
  return now.flatMap((file) => {
    const former = planned.find(({ key, path }) => key === file.key && path === file.path);
    if (former === undefined) return [`${fileLabel(file)}: not in the plan`];
    return former.sha256 === file.sha256 ? [] : [`${fileLabel(file)}: was ${contentWords(former)}, is ${contentWords(file)}`];
  });
}

/** The same of a plan that runs: an add-on that was applied meanwhile is read no more, and a patch is needed to the end. */
export function movedSince(planned: readonly PlannedFile[], now: readonly PlannedFile[]): readonly string[] {
  return [...movedFiles(planned.filter((file) => !isPatch(file)), now.filter((file) => !isPatch(file))), ...movedFolder(planned.filter(isPatch), now.filter(isPatch))];
}

function isPatch({ what }: FileSource): boolean {
  return what === 'patch';
}

/** Files of a folder, which may grow and shrink: what differs, a line each. */
export function movedFolder(planned: readonly PlannedFile[], now: readonly PlannedFile[]): readonly string[] {
  return [...movedFiles(planned, now), ...planned.filter(({ key }) => !now.some((file) => file.key === key)).map((file) => `${fileLabel(file)}: gone`)];
}

/** A file of the folder that spec.kubeadm.patches names. */
export function patchSource(folder: string, name: string): FileSource {
  return { what: 'patch', name, key: `spec.kubeadm.patches.file/${name}`, path: `${folder}/${name}` };
}

/** `the manifest of add-on calico (/etc/capstan/calico.yaml)`. */
export function fileLabel({ what, name, path }: FileSource): string {
  switch (what) {
    case 'addon': return `the manifest of add-on ${name} (${path})`;
    case 'component-configs': return `the component configs (${path})`;
    case 'patch': return `kubeadm's patch ${name} (${path})`;
  }
}

/** `4120 bytes, SHA-256 3f…`, whole: a person compares it with `sha256sum`. */
export function contentWords({ bytes, sha256 }: Pick<PlannedFile, 'bytes' | 'sha256'>): string {
  return sha256 === null ? 'not read' : `${bytes ?? 0} bytes, SHA-256 ${sha256}`;
}

/** Files of the plan that kubeadm is given, with the options of the spec: input of the steps that run it. */
export function plannedKubeadm({ spec, files }: Pick<UpgradePlan, 'spec' | 'files'>): PlannedKubeadm {
  return { ...spec.kubeadm, files: files.filter(({ what }) => what !== 'addon') };
}

/** Files of add-ons that are due at this time, in the order of the spec. */
export function plannedAddons({ spec, files }: Pick<UpgradePlan, 'spec' | 'files'>, when: AddonTime): readonly PlannedFile[] {
  const due = spec.addons.filter((addon) => addon.when === when).map(({ name }) => name);
  return files.filter(({ what, name }) => what === 'addon' && due.includes(name));
}
