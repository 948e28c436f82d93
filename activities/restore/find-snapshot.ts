import { access, readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { readFacts, sha256Of, snapshotFile } from '../etcd/snapshot-store.ts';
import type { SnapshotFacts } from '../etcd/snapshot-store.ts';
import { stepError } from '../step-error.ts';

export interface FoundSnapshot {
  /** Path on the worker's machine. */
  readonly file: string;
  readonly facts: SnapshotFacts;
}

/**
 * A snapshot of the cluster whose content is what was taken. Failures: FileMissing where it is not there; SnapshotInvalid where
 * its facts are not, where the SHA-256 does not hold, and where it is another cluster's.
 *
 * @param wanted Absolute path, or the id of an upgrade; null takes the newest.
 */
export async function findSnapshot(stateDir: string, cluster: string, wanted: string | null): Promise<FoundSnapshot> {
  const file = wanted === null ? await newestOf(stateDir, cluster) : pathOf(stateDir, cluster, wanted);
  if (!(await isThere(file))) throw stepError('FileMissing', `There is no snapshot ${file} on the worker's machine.`, `Name one of ${folderOf(stateDir, cluster)}, by its path or by its upgrade.`);
  const facts = await readFacts(file);
  if (facts?.nodes === undefined) throw stepError('SnapshotInvalid', `The facts of the snapshot ${file} are not beside it, or not whole.`, 'Bring the .json back that was written with it, or restore by hand: docs/operating.md.');
  if (facts.cluster !== cluster) throw stepError('SnapshotInvalid', `The snapshot ${file} is of the cluster ${facts.cluster}, not of ${cluster}.`, `Name one of ${folderOf(stateDir, cluster)}.`);
  const sha256 = await sha256Of(file);
  if (sha256 !== facts.sha256) throw stepError('SnapshotInvalid', `The snapshot ${file} has the SHA-256 ${sha256}, and was taken with ${facts.sha256}: it is damaged.`, `The host of ${facts.node} may still have it: /var/lib/capstan/snapshots/${facts.upgrade}.db. Nothing was changed.`);
  return { file, facts };
}

/** Refuses a snapshot of another cluster under the same name. Failure: SnapshotInvalid. */
export function requireCluster({ file, facts }: FoundSnapshot, clusterUid: string): void {
  if (facts.clusterUid === clusterUid) return;
  throw stepError('SnapshotInvalid', `The snapshot ${file} is of the cluster with the UID ${facts.clusterUid}, and the API serves the cluster ${clusterUid}.`, 'Check spec.access.kubeconfig and the snapshot. Nothing was changed.');
}

async function newestOf(stateDir: string, cluster: string): Promise<string> {
  const folder = folderOf(stateDir, cluster);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.db')).map((name) => join(folder, name));
  const known = (await Promise.all(names.map(async (file) => ({ file, facts: await readFacts(file) })))).flatMap(({ file, facts }) => (facts === null ? [] : [{ file, takenAt: facts.takenAt }]));
  const newest = known.toSorted((one, other) => (one.takenAt < other.takenAt ? 1 : -1))[0];
  if (newest === undefined) throw stepError('FileMissing', `The worker's machine keeps no snapshot of the cluster ${cluster}: ${folder} has none.`, 'Name a snapshot by its path, or start the restore on the worker that ran the upgrade.');
  return newest.file;
}

function pathOf(stateDir: string, cluster: string, wanted: string): string {
  if (isAbsolute(wanted)) return wanted;
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(wanted)) return snapshotFile(stateDir, cluster, wanted);
  throw stepError('SpecInvalid', `"${wanted}" is neither an absolute path nor the id of an upgrade.`, 'Name the snapshot by one of both.');
}

function folderOf(stateDir: string, cluster: string): string {
  return join(stateDir, 'snapshots', cluster);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(() => true, () => false);
}
