/** What the lab built, kept by version outside the repository. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Folder of everything that can be built again: `$XDG_CACHE_HOME` (or `~/.cache`) and `capstan/lab` in it. */
export function cacheFolder(): string {
  const configured = process.env["XDG_CACHE_HOME"];
  const base = configured === undefined || configured === "" ? join(homedir(), ".cache") : configured;
  return join(base, "capstan", "lab");
}

/**
 * Path of a cached file or folder, built first where it is absent.
 * It is written under another name and renamed when whole, so that an interruption leaves nothing half-built.
 *
 * @param name - path inside the cache folder, with the version in it.
 * @param build - writes the file or folder at the path that it is given.
 */
export async function cached(name: string, build: (path: string) => Promise<void>): Promise<string> {
  const path = join(cacheFolder(), name);
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(path);
  const unfinished = `${path}.unfinished-${String(process.pid)}-${randomBytes(3).toString("hex")}`;
  await build(unfinished);
  try {
    await rename(unfinished, path);
  } catch (error) {
    // Another lab command built the same thing meanwhile: a folder cannot replace one that is there.
    if (!existsSync(path)) throw error;
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}

/** Whether something is in the cache already. */
export function isCached(name: string): boolean {
  return existsSync(join(cacheFolder(), name));
}

/** Runs work with an empty folder of its own, which is gone afterwards. */
export async function withScratch<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const scratch = join(cacheFolder(), "scratch");
  await mkdir(scratch, { recursive: true });
  for (const entry of await readdir(scratch)) {
    if (!isRunning(Number(entry.split("-")[0]))) await rm(join(scratch, entry), { recursive: true, force: true });
  }
  const folder = join(scratch, `${String(process.pid)}-${randomBytes(3).toString("hex")}`);
  await mkdir(folder);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.unfinished-`;
  for (const entry of await readdir(dirname(path))) {
    const owner = Number(entry.slice(prefix.length).split("-")[0]);
    if (!entry.startsWith(prefix) || isRunning(owner)) continue;
    await rm(join(dirname(path), entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${String(pid)}`);
}
