/** The folder `.lab` at the root of the repository: what `capstan` and the tests need to reach the lab. */
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostKey } from "./cluster.ts";
import { clusterSpec } from "./configuration.ts";
import type { LabPlan } from "./plan.ts";
import { run } from "./process.ts";

/** The folder, whatever the working directory. */
export const labFolder: string = join(import.meta.dirname, "..", "..", ".lab");

export const labFiles = {
  spec: join(labFolder, "cluster.yaml"),
  kubeconfig: join(labFolder, "kubeconfig"),
  privateKey: join(labFolder, "id_ed25519"),
  knownHosts: join(labFolder, "known_hosts"),
  state: join(labFolder, "lab.json"),
} as const;

/** Content of `.lab/lab.json`. */
export interface LabState {
  readonly plan: LabPlan;
  /** False while `up` is at work, or was interrupted. */
  readonly ready: boolean;
  /** Path of a kubectl of the target version on this machine. */
  readonly kubectl: string;
}

/** What was written by an earlier `up`, or nothing. */
export async function readState(): Promise<LabState | undefined> {
  if (!existsSync(labFiles.state)) return undefined;
  const state: LabState = JSON.parse(await readFile(labFiles.state, "utf8"));
  return state;
}

export async function writeState(state: LabState): Promise<void> {
  await writeWhole(labFiles.state, `${JSON.stringify(state, null, 2)}\n`);
}

/** Makes the user's key where it is absent and returns its public half. */
export async function makeKey(comment: string): Promise<string> {
  await mkdir(labFolder, { recursive: true });
  const publicKey = `${labFiles.privateKey}.pub`;
  if (!existsSync(publicKey)) {
    await rm(labFiles.privateKey, { force: true });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", labFiles.privateKey]);
  }
  return (await readFile(publicKey, "utf8")).trim();
}

/** Writes `known_hosts` with the keys that were read inside the hosts. */
export async function writeKnownHosts(keys: readonly HostKey[]): Promise<void> {
  const lines = keys.map(({ machine, key }) => `${machine.name},${machine.address} ${key}\n`);
  await writeWhole(labFiles.knownHosts, lines.join(""));
}

export async function writeKubeconfig(text: string): Promise<void> {
  await writeWhole(labFiles.kubeconfig, text);
}

export async function writeSpec(plan: LabPlan): Promise<void> {
  await writeWhole(labFiles.spec, `# The lab, ready for: capstan start -f .lab/cluster.yaml\n${clusterSpec(plan)}`);
}

/** Removes the folder. */
export async function removeLabFolder(): Promise<void> {
  await rm(labFolder, { recursive: true, force: true });
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(labFolder, { recursive: true });
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
}
