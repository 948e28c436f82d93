import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PlannedNode } from '../../workflows/domain/plan.ts';

/** What is known of a snapshot; kept beside it as JSON. */
export interface SnapshotFacts {
  readonly upgrade: string;
  readonly cluster: string;
  readonly clusterUid: string;
  readonly node: string;
  readonly sha256: string;
  /** Bytes. */
  readonly bytes: number;
  readonly revision: number;
  readonly totalKeys: number;
  /** etcd's own hash of the content. */
  readonly hash: string;
  readonly etcdVersion: string;
  /** Host's clock, ISO. */
  readonly takenAt: string;
  /** False where the host's disk had no room for that. */
  readonly restoredForTrial: boolean;
  /** Nodes of the upgrade's plan, as they were before it: `from` is the kubelet's version. */
  readonly nodes: readonly PlannedNode[];
}

/** Path of an upgrade's snapshot on the worker's machine. */
export function snapshotFile(stateDir: string, cluster: string, upgrade: string): string {
  return join(stateDir, 'snapshots', cluster, `${upgrade}.db`);
}

/**
 * Creates the folder of a cluster's snapshots, for its owner alone: also one that was there with another mode, since every Secret of
 * the cluster is in a snapshot. What a killed worker left of a copy goes away.
 */
export async function openSnapshotFolder(stateDir: string, cluster: string): Promise<string> {
  const folder = join(stateDir, 'snapshots', cluster);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const path of [join(stateDir, 'snapshots'), folder]) await chmod(path, 0o700);
  for (const name of await readdir(folder)) {
    if (PARTIAL.test(name)) await removeIdle(join(folder, name));
  }
  return folder;
}

/** A copy under way, as `Hosts.download` names it. */
const PARTIAL = /\.db\.partial-\d+$/;
/** Nobody copies who has not written for so long: Temporal ends an attempt that is silent for 12 s. */
const IDLE_MS = 5 * 60_000;

async function removeIdle(file: string): Promise<void> {
  const written = await stat(file).then(({ mtimeMs }) => mtimeMs, () => null);
  if (written !== null && Date.now() - written > IDLE_MS) await rm(file, { force: true });
}

/** Facts of a snapshot whose file is there with the hash that was recorded; null where it is not. */
export async function verifiedSnapshot(file: string, signal: AbortSignal): Promise<SnapshotFacts | null> {
  const facts = await readFacts(file);
  if (facts === null) return null;
  const sha256 = await sha256Of(file, signal).catch(() => null);
  signal.throwIfAborted();
  return sha256 === facts.sha256 ? facts : null;
}

/** Written last: a snapshot without facts counts for nothing. */
export async function writeFacts(file: string, facts: SnapshotFacts): Promise<void> {
  const path = factsFile(file);
  await writeFile(`${path}.part`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

/** Removes all but the newest `keep` snapshots of the folder, never `current`, and nothing that it did not write itself. */
export async function retainSnapshots(folder: string, keep: number, current: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.db')).map((name) => join(folder, name));
  const known = await Promise.all(files.map(async (file) => ({ file, facts: await readFacts(file) })));
  const older = known.flatMap(({ file, facts }) => (facts === null || file === current ? [] : [{ file, takenAt: facts.takenAt }]))
    .toSorted((left, right) => (left.takenAt < right.takenAt ? 1 : -1));
  for (const { file } of older.slice(Math.max(0, keep - 1))) {
    await rm(factsFile(file), { force: true });
    await rm(file, { force: true });
  }
}

function factsFile(file: string): string {
  return file.replace(/\.db$/, '.json');
}

/** What is kept beside a snapshot; null where it is not there or not whole. */
export async function readFacts(file: string): Promise<SnapshotFacts | null> {
  try {
    const value: unknown = JSON.parse(await readFile(factsFile(file), 'utf8'));
    return isFacts(value) ? value : null;
  } catch {
    return null;
  }
}

function isFacts(value: unknown): value is SnapshotFacts {
  return typeof value === 'object' && value !== null
    && 'sha256' in value && typeof value.sha256 === 'string'
    && 'takenAt' in value && typeof value.takenAt === 'string'
    && 'revision' in value && typeof value.revision === 'number'
    && 'restoredForTrial' in value && typeof value.restoredForTrial === 'boolean';
}

export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, signal === undefined ? {} : { signal });
  return hash.digest('hex');
}
