import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Release } from './releases.ts';

/** Where to look and where to keep. */
export interface Places {
  /** Content of PATH. */
  readonly path: string;
  /** Folder for what was downloaded. */
  readonly cache: string;
}

/** One way to bring a program to a path. */
export interface Source {
  readonly name: string;
  readonly install: (destination: string) => Promise<void>;
}

/** The program's path in the cache, keyed by its version. */
export function cachedProgram(release: Release, cache: string): string {
  return join(cache, 'temporal', `${release.program}-${release.version}`);
}

/**
 * A program of Temporal: on PATH, from the cache, or brought there by the first source that can.
 * @throws Error that names every source with its reason, and what to do.
 */
export async function findProgram(release: Release, places: Places, sources: readonly Source[], say: (line: string) => void): Promise<string> {
  const present = await presentProgram(release, places);
  if (present !== undefined) return present;
  const destination = cachedProgram(release, places.cache);
  await mkdir(dirname(destination), { recursive: true });
  say(`Downloading ${release.program} ${release.version} to ${destination} …`);
  const reasons: string[] = [];
  for (const source of sources) {
    try {
      await source.install(destination);
      return destination;
    } catch (error) {
      reasons.push(`  ${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error([
    `${release.program} is not on PATH, not in ${dirname(destination)}, and could not be downloaded:`, ...reasons,
    `Next: put an executable ${release.program} on PATH, or set CAPSTAN_TEMPORAL_ADDRESS to a Temporal server.`,
  ].join('\n'));
}

/** The program where it is on PATH or in the cache. */
export async function presentProgram(release: Release, places: Places): Promise<string | undefined> {
  const candidates = places.path.split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, release.program));
  for (const candidate of [...candidates, cachedProgram(release, places.cache)]) {
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
