import { createHash } from 'node:crypto';
import type { PlannedKubeadm } from '../../../workflows/domain/step.ts';
import { hostOf } from '../../durable-step.ts';
import type { DurableInput } from '../../durable-step.ts';
import type { Hosts } from '../../hosts/port.ts';
import { recordFolder } from '../../packages/package-step.ts';
import { readPlannedPatches } from '../../plan/planned-patches.ts';
import type { PatchFile } from './read-patches.ts';

interface PatchesInput extends DurableInput {
  readonly kubeadm: PlannedKubeadm;
}

/**
 * Puts the patches of the spec into a folder of the node's own record, which only root enters, and returns its path; null where
 * the spec names none. The folder has the digest of its content in its name: nothing of other patches ever lies in it.
 * Failures: those of `readPlannedPatches` and of `Hosts`.
 */
export async function uploadPatches(hosts: Hosts, input: PatchesInput): Promise<string | null> {
  const patches = await readPlannedPatches(input.kubeadm);
  if (patches.length === 0) return null;
  const folder = `${recordFolder(input)}/patches-${digestOf(patches).slice(0, 16)}`;
  for (const { name, text } of patches) await hosts.upload(hostOf(input.node), `${folder}/${name}`, Buffer.from(text));
  return folder;
}

function digestOf(patches: readonly PatchFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of patches) hash.update(JSON.stringify([name, text]));
  return hash.digest('hex');
}
