import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { WrittenKind } from '../../workflows/domain/restore.ts';
import type { Hosts } from '../hosts/port.ts';
import { readLiveKeys } from './live-keys.ts';
import { readSnapshotKeys } from './snapshot-keys.ts';
import type { KeyRevisions } from './snapshot-keys.ts';
import { writtenSince } from './written.ts';

/** What was written since a snapshot was taken. It is for the person who decides: where it cannot be told, that is said, and nothing fails. */
export async function compareWithSnapshot(hosts: Hosts, members: readonly PlannedNode[], file: string): Promise<{ readonly written: readonly WrittenKind[] | null; readonly writtenUnknown: string | null }> {
  const refusals: string[] = [];
  let before: KeyRevisions;
  try {
    before = await readSnapshotKeys(file);
  } catch (error) {
    return { written: null, writtenUnknown: `the snapshot cannot be read: ${messageOf(error)}` };
  }
  for (const member of members) {
    try {
      return { written: writtenSince(before, await readLiveKeys(hosts, member)), writtenUnknown: null };
    } catch (error) {
      refusals.push(messageOf(error));
    }
  }
  return { written: null, writtenUnknown: `no etcd member could be asked: ${refusals.join('; ')}` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
