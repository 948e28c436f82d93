import { homedir } from 'node:os';
import type { Reference } from '../../workflows/domain/spec.ts';
import type { ReadFile } from '../file-reader.ts';
import { stepError } from '../step-error.ts';

/**
 * Text that a reference of the spec names, read where the worker runs: a file, or an environment variable that holds the text.
 *
 * @param path - where the reference stands in the spec, such as `spec.access.ssh.privateKey`.
 * @throws FileMissing where there is no such file or variable.
 */
export async function readReference(reference: Reference, path: string, read: ReadFile): Promise<string> {
  if ('env' in reference) return readVariable(reference.env, path);
  const file = expandHome(reference.file);
  try {
    return await read(file);
  } catch (error) {
    throw stepError('FileMissing', `${path}.file names ${file}, which ${causeOf(error)} where the worker runs.`, `Put the file there, readable by the worker, or correct ${path}.file.`);
  }
}

/** The reference as messages name it: the file, or the variable with a dollar sign. */
export function nameOf(reference: Reference): string {
  return 'env' in reference ? `$${reference.env}` : expandHome(reference.file);
}

function readVariable(name: string, path: string): string {
  const text = process.env[name];
  if (text !== undefined && text !== '') return text;
  throw stepError('FileMissing', `${path}.env names the environment variable ${name}, which is not set where the worker runs.`, `Set ${name} to the text itself and start the worker again.`);
}

function expandHome(file: string): string {
  return file.replace(/^~(?=\/|$)/, homedir());
}

function causeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'does not exist';
  return `cannot be read (${error instanceof Error ? error.message : String(error)})`;
}
