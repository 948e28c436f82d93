import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { filesOf, movedFiles } from '../../workflows/domain/planned-file.ts';
import type { FileSource, PlannedFile } from '../../workflows/domain/planned-file.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { stepError } from '../step-error.ts';

/** Nothing that is applied is near this: a manifest with every custom resource of a large CNI is 2 MiB. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface ReadFileOf {
  readonly file: PlannedFile;
  readonly text: string;
}

/** Every file that the spec applies, read where the worker runs. Failures: FileMissing, SpecInvalid. */
export async function readFilesOf(spec: Pick<UpgradeSpec, 'addons' | 'kubeadm'>): Promise<readonly ReadFileOf[]> {
  return Promise.all(filesOf(spec).map(readSource));
}

/** A file of the spec as it is now, with its digest. Failures: FileMissing, SpecInvalid. */
export async function readSource(source: FileSource): Promise<ReadFileOf> {
  const bytes = await read(source);
  return { file: { ...source, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }, text: bytes.toString('utf8') };
}

/**
 * The text of a file of the plan. What is returned is what was compared: it is read once.
 * Failures: FileMissing, SpecInvalid, and FileMoved where its content is not what the plan was made with.
 */
export async function readPlanned(planned: PlannedFile): Promise<string> {
  const { file, text } = await readSource(planned);
  if (file.sha256 === planned.sha256) return text;
  throw moved(planned.key, movedFiles([planned], [file]));
}

/** A file that is applied is not what was approved. @param lines What differs. */
export function moved(key: string, lines: readonly string[]): Error {
  return stepError(
    'FileMoved', `${key}: what is to be applied is not what was approved, so it was not applied: ${lines.join('; ')}.`,
    'Put back what was approved, then try again; to apply what is there now, `capstan cancel`, then `capstan start` and approve the new plan: what is done stays done.',
  );
}

async function read(source: FileSource): Promise<Buffer> {
  const file = source.path.replace(/^~(?=\/|$)/, homedir());
  try {
    const { size, isFile } = await statOf(file);
    if (!isFile) throw new Error('it is not a file');
    if (size > MOST_BYTES) throw stepError('SpecInvalid', `${source.key}: ${file} has ${size} bytes; a file that is applied has at most ${MOST_BYTES}.`, 'Correct the path.');
    return await readFile(file);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'ApplicationFailure') throw error;
    throw stepError('FileMissing', `${source.key}: ${file} cannot be read where the worker runs: ${error.message}.`, 'Put the file there, or correct the path.');
  }
}

async function statOf(file: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  const found = await stat(file);
  return { size: found.size, isFile: found.isFile() };
}
