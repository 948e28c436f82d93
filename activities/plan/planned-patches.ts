import { createHash } from 'node:crypto';
import { movedFolder, patchSource } from '../../workflows/domain/planned-file.ts';
import type { PlannedFile } from '../../workflows/domain/planned-file.ts';
import type { KubeadmSpec } from '../../workflows/domain/spec.ts';
import type { PlannedKubeadm } from '../../workflows/domain/step.ts';
import { PATCHES_PATH, readPatches } from '../kubeadm/patches/read-patches.ts';
import type { PatchFile } from '../kubeadm/patches/read-patches.ts';
import { moved } from './planned-files.ts';

/** kubeadm's patches as they are now, with their digests. Failures: those of `readPatches`. */
export async function readPatchFiles({ patches }: Pick<KubeadmSpec, 'patches'>): Promise<readonly PlannedFile[]> {
  return filesOf(patches?.file ?? '', await readPatches(patches));
}

/**
 * The patches of the plan: what is returned is what was compared. Failures: those of `readPatches`, and FileMoved where a file of
 * the folder differs, is new or is gone.
 */
export async function readPlannedPatches({ patches, files }: PlannedKubeadm): Promise<readonly PatchFile[]> {
  const read = await readPatches(patches);
  const lines = movedFolder(files.filter(({ what }) => what === 'patch'), filesOf(patches?.file ?? '', read));
  if (lines.length > 0) throw moved(PATCHES_PATH, lines);
  return read;
}

function filesOf(folder: string, patches: readonly PatchFile[]): readonly PlannedFile[] {
  return patches.map(({ name, text }) => {
    const bytes = Buffer.from(text);
    return { ...patchSource(folder, name), sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  });
}
