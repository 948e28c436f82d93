import { filesOf, patchSource } from '../../workflows/domain/planned-file.ts';
import type { FileSource, PlannedFile } from '../../workflows/domain/planned-file.ts';
import type { AccessSpec, UpgradeSpec } from '../../workflows/domain/spec.ts';
import { parseManifest } from '../addons/manifest.ts';
import { renderKubeadmConfig } from '../kubeadm/kubeadm-config-file.ts';
import { failureTypeOf } from '../step-error.ts';
import { readPatchFiles } from './planned-patches.ts';
import { readFilesOf, readSource } from './planned-files.ts';
import type { ReadFileOf } from './planned-files.ts';

/**
 * Every file that the spec applies, with its digest, once it is known that it can be applied: what is wrong with it is said before
 * the start, and not hours later. Failures: FileMissing, SpecInvalid.
 */
export async function readCheckedFiles(spec: UpgradeSpec): Promise<readonly PlannedFile[]> {
  const files = await readFilesOf(spec);
  for (const read of files) check(spec, read);
  return [...files.map(({ file }) => file), ...(await readPatchFiles(spec.kubeadm))];
}

function check(spec: UpgradeSpec, { file, text }: ReadFileOf): void {
  switch (file.what) {
    case 'addon': parseManifest(text, file.path); return;
    case 'component-configs': renderKubeadmConfig(text, file.path, { version: spec.target.version, kubeadm: spec.kubeadm, patches: spec.kubeadm.patches?.file ?? null, force: false }); return;
    // Read by what checks them.
    case 'patch':
  }
}

/** The same for a plan made without a worker, of files that are here as well: one that is not, or that `access` names, stays unread. */
export async function readLocalFiles(spec: UpgradeSpec): Promise<readonly PlannedFile[]> {
  const secret = pathsOf(spec.access);
  const files = await Promise.all(filesOf(spec).map(async (source) => (secret.includes(source.path) ? unread(source) : readLocal(spec, source))));
  return [...files, ...(await readLocalPatches(spec))];
}

/** How many files are in a folder that is not here, nobody knows: it stands for them. */
async function readLocalPatches({ kubeadm }: UpgradeSpec): Promise<readonly PlannedFile[]> {
  try {
    return await readPatchFiles(kubeadm);
  } catch (error) {
    if (failureTypeOf(error) === 'FileMissing') return [unread(patchSource(kubeadm.patches?.file ?? '', '*'))];
    throw error;
  }
}

async function readLocal(spec: UpgradeSpec, source: FileSource): Promise<PlannedFile> {
  try {
    const read = await readSource(source);
    check(spec, read);
    return read.file;
  } catch (error) {
    if (failureTypeOf(error) === 'FileMissing') return unread(source);
    throw error;
  }
}

function unread(source: FileSource): PlannedFile {
  return { ...source, sha256: null, bytes: null };
}

function pathsOf({ kubeconfig, ssh }: AccessSpec): readonly string[] {
  return [kubeconfig, ssh.privateKey, ssh.knownHosts].flatMap((reference) => ('file' in reference ? [reference.file] : []));
}
