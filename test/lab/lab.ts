/** What tests use to look at the lab and to break it. */
import { spawn } from "node:child_process";
import { labFiles, readState } from "./files.ts";
import type { LabState } from "./files.ts";
import { inHost } from "./host.ts";
import { machinesOf } from "./hosts.ts";
import type { LabMachine } from "./plan.ts";
import { outputOf } from "./process.ts";
import type { RunOptions } from "./process.ts";

export { down, up } from "./up.ts";
export { defaultOptions } from "./plan.ts";
export type { LabMachine, LabNode, LabOptions, LabPlan } from "./plan.ts";
export { labFiles, labFolder } from "./files.ts";
export type { LabState } from "./files.ts";

/**
 * The lab that is up.
 *
 * @throws Error where there is none, or where `up` has not finished.
 */
export async function loadLab(): Promise<LabState> {
  const state = await readState();
  if (state === undefined) throw new Error("There is no lab. Bring one up: npm run lab -- up");
  if (!state.ready) throw new Error("The lab is not complete. Finish it: npm run lab -- up");
  return state;
}

/** A machine by its name, such as `cp1`, `w2`, `bastion` or `endpoint`. @throws Error that lists the names. */
export function machineNamed(lab: LabState, name: string): LabMachine {
  const machines = machinesOf(lab.plan);
  const found = machines.find((machine) => machine.name === name);
  if (found !== undefined) return found;
  throw new Error(`The lab has no host ${name}; it has ${machines.map((machine) => machine.name).join(", ")}.`);
}

/**
 * Standard output of a shell command that runs as root inside a host, without SSH.
 *
 * @throws CommandError as `run` does.
 */
export async function onHost(lab: LabState, name: string, command: string, options: RunOptions = {}): Promise<string> {
  return (await inHost(machineNamed(lab, name).container, command, options)).stdout.trimEnd();
}

/** Standard output of kubectl with the lab's kubeconfig. @throws CommandError as `run` does. */
export function kubectl(lab: LabState, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return outputOf(lab.kubectl, ["--kubeconfig", labFiles.kubeconfig, ...args], options);
}

/**
 * Arguments of `ssh` to a host: the lab's key, its known hosts, and the bastion in between.
 */
export function sshArguments(lab: LabState, name: string): readonly string[] {
  const { bastion, user } = lab.plan;
  const common = [
    "-i", labFiles.privateKey,
    "-o", `UserKnownHostsFile=${labFiles.knownHosts}`,
    "-o", "StrictHostKeyChecking=yes",
    "-o", "IdentitiesOnly=yes",
  ];
  const machine = machineNamed(lab, name);
  const address = `${user}@${machine.address}`;
  if (machine.name === bastion.name) return [...common, address];
  const jump = ["ssh", ...common, "-W", "%h:%p", `${user}@${bastion.address}`].map((part) => `'${part}'`).join(" ");
  return [...common, "-o", `ProxyCommand=${jump}`, address];
}

/** Opens a shell on a host, or runs a command there, over SSH and the bastion; returns its exit code. */
export function openSsh(lab: LabState, name: string, command: readonly string[]): Promise<number> {
  const child = spawn("ssh", [...sshArguments(lab, name), ...command], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}
