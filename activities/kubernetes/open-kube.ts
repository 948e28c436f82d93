import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { AccessSpec, Reference } from '../../workflows/domain/spec.ts';
import { createFileReader } from '../file-reader.ts';
import type { ReadFile } from '../file-reader.ts';
import { stepError } from '../step-error.ts';
import { createKube } from './client.ts';
import type { KubeOptions } from './client.ts';
import type { Kube, OpenKube } from './port.ts';
import { createTransport } from './transport.ts';

/**
 * Opens clusters by the kubeconfig that `access.kubeconfig` refers to, read where the worker runs. One client, thus one set of
 * connections and watches, for each content: a kubeconfig that changed on disk is opened anew.
 */
export function createOpenKube(options: KubeOptions = {}): OpenKube {
  const read = createFileReader();
  /** One for each reference: the client of a former content ends with whoever still uses it. */
  const opened = new Map<string, { readonly hash: string; readonly kube: Kube }>();
  return async (access: AccessSpec) => {
    const { text, folder } = await readKubeconfig(access.kubeconfig, read);
    const key = JSON.stringify(access.kubeconfig);
    const hash = createHash('sha256').update(text).digest('hex');
    const known = opened.get(key);
    if (known?.hash === hash) return known.kube;
    const kube = createKube(createTransport(parseKubeconfig(text, folder, access.kubeconfig), { folder, ...(options.execTimeoutMs === undefined ? {} : { execTimeoutMs: options.execTimeoutMs }) }), options);
    opened.set(key, { hash, kube });
    return kube;
  };
}

async function readKubeconfig(reference: Reference, read: ReadFile): Promise<{ readonly text: string; readonly folder: string | null }> {
  if ('env' in reference) {
    const text = process.env[reference.env];
    if (text !== undefined && text !== '') return { text, folder: null };
    throw stepError('FileMissing', `The environment variable ${reference.env} that spec.access.kubeconfig.env names is not set where the worker runs.`, `Set ${reference.env} to the kubeconfig's text and start the worker again.`);
  }
  const file = reference.file.replace(/^~(?=\/|$)/, homedir());
  try {
    return { text: await read(file), folder: dirname(file) };
  } catch (error) {
    const cause = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error instanceof Error ? error.message : String(error)})`;
    throw stepError('FileMissing', `The kubeconfig ${file} that spec.access.kubeconfig.file names ${cause} where the worker runs.`, 'Put the file there, or correct spec.access.kubeconfig.file.');
  }
}

function parseKubeconfig(text: string, folder: string | null, reference: Reference): KubeConfig {
  const config = new KubeConfig();
  const name = 'env' in reference ? `in ${reference.env}` : reference.file;
  try {
    config.loadFromString(text);
    if (folder !== null) config.makePathsAbsolute(join(folder));
  } catch {
    // The parser's message quotes the text, and the text holds secrets.
    throw stepError('SpecInvalid', `The kubeconfig ${name} that spec.access.kubeconfig names is no valid kubeconfig.`, 'Check it with `kubectl --kubeconfig FILE config view`.');
  }
  return config;
}
