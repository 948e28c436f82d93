import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const extension = extname(import.meta.url);
const workflows = fileURLToPath(new URL('../workflows/', import.meta.url));

/** What the bundler is told: the entry of the workflow code, and what stands before it, which a payload that cannot be read must not get past. */
export function bundleOptions(folder: string) {
  const file = (name: string): string => join(folder, `${name}${extension}`);
  return { workflowsPath: file('index'), payloadConverterPath: file('payload-converter'), workflowInterceptorModules: [file('interceptors')] };
}

/** Folder of the workflow code. */
export const WORKFLOWS = workflows;

/** Where `npm run build` puts the bundle of a published package. */
const BUILT_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/**
 * Path of the workflow bundle: the published one, or one that is made once for each state of the sources and kept in the cache.
 * It is made by a process of its own, because the bundler takes more memory than the worker does.
 */
export async function workflowBundlePath(cache: string): Promise<string> {
  if (extension === '.js' && await exists(BUILT_BUNDLE)) return BUILT_BUNDLE;
  const path = join(cache, 'bundles', `${await sourcesDigest()}.js`);
  if (await exists(path)) return path;
  const unfinished = `${path}.new-${process.pid}`;
  const builder = fileURLToPath(new URL(`build-bundle${extension}`, import.meta.url));
  try {
    await run(process.execPath, [builder, unfinished], { maxBuffer: 16 * 1024 * 1024 });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new Error(`The workflow code could not be bundled: ${error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)}`);
  }
  return path;
}

/** Changes with any workflow file and with the SDK, whose code is in the bundle. */
async function sourcesDigest(): Promise<string> {
  const hash = createHash('sha256');
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  hash.update(JSON.stringify(manifest));
  const files = (await readdir(workflows, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  for (const file of files) hash.update(`\0${relative(workflows, file)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 32);
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
