/** A lab on which nothing was upgraded yet. */
import { defaultOptions, down, onHost, up } from "./lab.ts";
import type { LabState } from "./lab.ts";
import { readState } from "./files.ts";
import { stateOf } from "./hosts.ts";
import { packageVersion } from "./versions.ts";

/** The lab that is up where it is untouched, or a new one in its place. */
export async function freshLab(): Promise<LabState> {
  if (!(await isUntouched())) await down(defaultOptions.name);
  return up(defaultOptions);
}

/** The lab that is up where every host has the packages that it starts with, as after a restore, or a new one in its place. */
export async function startingLab(): Promise<LabState> {
  if (!(await isAtItsStart("dpkg-query -W -f '${Version}' kubeadm"))) await down(defaultOptions.name);
  return up(defaultOptions);
}

function isUntouched(): Promise<boolean> {
  return isAtItsStart("dpkg-query -W -f '${Version}' kubeadm; ls /var/lib/capstan 2>/dev/null || true");
}

/** `command` prints nothing but the version of the packages. */
async function isAtItsStart(command: string): Promise<boolean> {
  const state = await readState();
  if (state?.ready !== true) return false;
  const { target, kubernetes } = state.plan;
  if (target !== defaultOptions.target || kubernetes !== defaultOptions.kubernetes) return false;
  // Another clone on this machine, or its engine's end, may have taken the hosts away.
  const hosts = await Promise.all(state.plan.nodes.map((node) => stateOf(node.container)));
  if (!hosts.every((host) => host === "running")) return false;
  const found = await Promise.all(state.plan.nodes.map((node) => onHost(state, node.name, command)));
  return found.every((text) => text === packageVersion(kubernetes));
}
