import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const TIMEOUT_MS = 3 * 60_000;

/**
 * Lets the Temporal SDK download its own development server to `destination`.
 * @throws Error where this machine cannot download it, or not in three minutes.
 */
export async function installBySdk(destination: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const folder = await mkdtemp(`${destination}.new-`);
  try {
    // The SDK downloads only by starting one.
    const started = TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir: folder } } });
    await (await withTimeout(started)).teardown();
    const [executable] = await readdir(folder);
    if (executable === undefined) throw new Error('The SDK left no file.');
    await chmod(join(folder, executable), 0o755);
    await rename(join(folder, executable), destination);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error('no answer in three minutes')); }, TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
