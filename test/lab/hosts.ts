/** The lab's network and machines: made, started and taken away again. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Artifacts } from "./artifacts.ts";
import { cacheFolder } from "./cache.ts";
import { inHost } from "./host.ts";
import { privilegeFlags } from "./machine.ts";
import type { LabMachine, LabPlan } from "./plan.ts";
import { outputOf, run, succeeds } from "./process.ts";

const labelOfLab = "capstan.lab";

/** Makes the network and every container that is not there, and starts those which stand still. */
export async function startMachines(plan: LabPlan, artifacts: Artifacts): Promise<void> {
  await makeNetwork(plan);
  const flags = await privilegeFlags(artifacts.hostImage);
  const machines = machinesOf(plan);
  await Promise.all(machines.map((machine) => startMachine(plan, machine, machines, flags, artifacts)));
  await Promise.all(machines.map(waitForSystemd));
}

/** Every machine of the lab: endpoint, bastion, nodes. */
export function machinesOf(plan: LabPlan): readonly LabMachine[] {
  return [plan.endpoint, plan.bastion, ...plan.nodes];
}

/** Names of the containers that a lab has, running or not. */
export async function containersOf(name: string): Promise<string[]> {
  return linesOf(await outputOf("docker", ["ps", "--all", "--filter", `label=${labelOfLab}=${name}`, "--format", "{{.Names}}"]));
}

/** Removes every container, volume and network of a lab; what is gone already is no error. */
export async function removeMachines(name: string): Promise<void> {
  const filter = ["--filter", `label=${labelOfLab}=${name}`];
  const containers = await containersOf(name);
  if (containers.length > 0) await run("docker", ["rm", "--force", "--volumes", ...containers]);
  const volumes = linesOf(await outputOf("docker", ["volume", "ls", "--quiet", ...filter]));
  if (volumes.length > 0) await run("docker", ["volume", "rm", "--force", ...volumes]);
  const networks = linesOf(await outputOf("docker", ["network", "ls", "--quiet", ...filter]));
  if (networks.length > 0) await run("docker", ["network", "rm", ...networks]);
}

/** State of a container in the engine's words, or `absent`. */
export async function stateOf(container: string): Promise<string> {
  const state = await run("docker", ["container", "inspect", "--format", "{{.State.Status}}", container], { accept: [0, 1] });
  return state.code === 0 ? state.stdout.trim() : "absent";
}

async function makeNetwork(plan: LabPlan): Promise<void> {
  if (await succeeds("docker", ["network", "inspect", plan.network])) return;
  const addresses = ["--subnet", plan.subnet, "--gateway", plan.gateway, ...(plan.subnet6 === null ? [] : ["--ipv6", "--subnet", plan.subnet6])];
  try {
    await run("docker", ["network", "create", "--label", `${labelOfLab}=${plan.name}`, ...addresses, plan.network]);
  } catch (error) {
    throw new Error(`The network ${plan.subnet} cannot be made; another network may use it. Choose one: --subnet 172.31.7`, { cause: error });
  }
}

async function startMachine(
  plan: LabPlan,
  machine: LabMachine,
  machines: readonly LabMachine[],
  flags: readonly string[],
  artifacts: Artifacts,
): Promise<void> {
  const state = await stateOf(machine.container);
  if (state === "running") return;
  if (state !== "absent") {
    await run("docker", ["start", machine.container]);
    return;
  }
  const volume = `${machine.container}-var`;
  await run("docker", ["volume", "create", "--label", `${labelOfLab}=${plan.name}`, volume]);
  await run("docker", [
    "run", "--detach",
    "--name", machine.container,
    "--hostname", machine.name,
    "--label", `${labelOfLab}=${plan.name}`,
    "--network", plan.network,
    "--ip", machine.ipv4,
    ...(machine.address === machine.ipv4 ? [] : ["--ip6", machine.address]),
    ...machines.flatMap((other) => (other === machine ? [] : ["--add-host", `${other.name}:${other.address}`])),
    ...flags,
    "--cgroupns", "private",
    "--stop-signal", "RTMIN+3",
    "--tmpfs", "/run",
    "--tmpfs", "/run/lock",
    "--tmpfs", "/tmp:exec",
    "--volume", `${volume}:/var`,
    "--volume", `${join(cacheFolder(), "images")}:/lab/images:ro`,
    ...(machine === plan.endpoint ? ["--volume", `${artifacts.packages}:/lab/apt:ro`] : []),
    artifacts.hostImage,
  ]);
}

async function waitForSystemd(machine: LabMachine): Promise<void> {
  const deadline = Date.now() + bootMs;
  for (;;) {
    // "degraded" is running with a failed unit; what the lab needs is checked where it is set up.
    const state = await run("docker", ["exec", machine.container, "systemctl", "is-system-running"], { accept: [0, 1, 126, 255] });
    if (["running", "degraded"].includes(state.stdout.trim())) return;
    if (Date.now() > deadline) {
      const units = await inHost(machine.container, "systemctl list-jobs --no-pager; systemctl --failed --no-pager", { accept: [0, 1, 126, 255] });
      throw new Error(`${machine.name}: systemd is "${state.stdout.trim()}" ${String(bootMs / 1000)} s after its start.\n${units.stdout}`);
    }
    await delay(500);
  }
}

const bootMs = 90_000;

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
