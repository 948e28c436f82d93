import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stepError } from '../../step-error.ts';
import { patchProblem } from './check-patch.ts';

/** A patch file of kubeadm, by its name in the folder. */
export interface PatchFile {
  readonly name: string;
  readonly text: string;
}

/** Where the spec names the folder. */
export const PATCHES_PATH = 'spec.kubeadm.patches.file';
/** More than any cluster needs, and little enough to be sent to each host. */
const MOST_FILES = 64;
const MOST_CHARACTERS = 256 * 1024;

/**
 * Patches of the folder that `spec.kubeadm.patches` names, in the order of their names, in which kubeadm applies them. Read
 * where the worker runs; null names no folder. Hidden files are passed over.
 * Failures: FileMissing; SpecInvalid where kubeadm would pass over a file, or where a patch changes what is kubeadm's own.
 */
export async function readPatches(reference: { readonly file: string } | null): Promise<readonly PatchFile[]> {
  if (reference === null) return [];
  const folder = reference.file.replace(/^~(?=\/|$)/, homedir());
  const patches = await readFolder(folder);
  if (patches.length === 0) throw invalid(folder, 'it holds no patch', 'Put kubeadm\'s patch files there, or leave spec.kubeadm.patches away.');
  if (patches.reduce((sum, { text }) => sum + text.length, 0) > MOST_CHARACTERS) throw invalid(folder, `its files have more than ${MOST_CHARACTERS / 1024} KiB together`, 'A patch is a few lines: see which file is not one.');
  for (const patch of patches) {
    const problem = patchProblem(patch);
    if (problem !== null) throw invalid(`${folder}/${patch.name}`, problem, 'Correct the file, or take it out of the folder.');
  }
  return patches;
}

async function readFolder(folder: string): Promise<readonly PatchFile[]> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
    const below = entries.find((entry) => entry.isDirectory());
    if (below !== undefined) throw invalid(`${folder}/${below.name}`, 'it is a folder, and kubeadm reads no folder in the folder of patches', 'Move its files one folder up, or take it out.');
    if (entries.length > MOST_FILES) throw invalid(folder, `it holds ${entries.length} files, and at most ${MOST_FILES} are taken`, 'Name a folder of patches alone.');
    const names = entries.map(({ name }) => name).toSorted((one, other) => (one < other ? -1 : 1));
    return await Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw stepError('FileMissing', `${PATCHES_PATH}: ${folder} cannot be read where the worker runs: ${error.message}.`, 'Put the folder with its patches there, or correct the path.');
  }
}

function invalid(place: string, cause: string, next: string): Error {
  return stepError('SpecInvalid', `${PATCHES_PATH}: ${place}: ${cause}`, next);
}
