/** `up` and `down`: every step finds out what is there and does the rest. */
import { prepareArtifacts } from "./artifacts.ts";
import { kubernetesBinary } from "./build/binaries.ts";
import { adminKubeconfig, deployWorkload, initialise, joinNodes, setUpAccess, setUpEndpoint, setUpNodes } from "./cluster.ts";
import { forgetRestarts } from "./control-plane.ts";
import { labFiles, makeKey, readState, removeLabFolder, writeKnownHosts, writeKubeconfig, writeSpec, writeState } from "./files.ts";
import type { LabState } from "./files.ts";
import { removeMachines, startMachines } from "./hosts.ts";
import { requireEngine, requireKernelLimits, requireTools } from "./machine.ts";
import { planLab } from "./plan.ts";
import type { LabOptions } from "./plan.ts";
import { say, step } from "./progress.ts";
import { waitForService } from "./service.ts";
import { applyVariants } from "./apply-variants.ts";

/**
 * Brings the lab up, from nothing or from wherever an earlier run ended, and writes `.lab/`.
 *
 * @throws Error that says what is missing and how to get it.
 */
export async function up(options: LabOptions): Promise<LabState> {
  const plan = planLab(options);
  const before = await readState();
  if (before !== undefined && before.plan.fingerprint !== plan.fingerprint) {
    throw new Error(`A lab with other options is there (${before.plan.name}, ${before.plan.kubernetes}). Take it down first: npm run lab -- down`);
  }
  requireTools(plan.packageFormat);
  await step("Docker engine", requireEngine);
  await requireKernelLimits();
  const artifacts = await prepareArtifacts([...new Set([plan.kubernetes, plan.target])], plan.packageFormat);
  const kubectl = await kubernetesBinary(plan.target, "kubectl");
  const publicKey = await makeKey(plan.name);
  await writeState({ plan, ready: false, kubectl });
  await step("Hosts", () => startMachines(plan, artifacts));
  await step("SSH", async () => writeKnownHosts(await setUpAccess(plan, publicKey)));
  await step("Load balancer and package server", () => setUpEndpoint(plan));
  await step("Images and packages on every node", () => setUpNodes(plan, artifacts));
  await step("kubeadm init", () => initialise(plan));
  await step("kubeadm join", () => joinNodes(plan));
  await writeKubeconfig(await adminKubeconfig(plan));
  if (before?.ready !== true) await step("Restarts of joining forgotten", () => forgetRestarts(plan, kubectl));
  if (plan.variants.length > 0) await step("Variants", () => applyVariants(plan, kubectl));
  await step("Workload", () => deployWorkload(kubectl, labFiles.kubeconfig));
  await step("Service through the load balancer", () => waitForService(plan.serviceUrl));
  await writeSpec(plan);
  const state: LabState = { plan, ready: true, kubectl };
  await writeState(state);
  say(`The lab is up: ${String(plan.nodes.length)} nodes, installed at ${plan.kubernetes}. Next: capstan start -f .lab/cluster.yaml`);
  return state;
}

/** Takes away every container, volume and network of the lab and the folder `.lab`. The cache stays. */
export async function down(name?: string): Promise<void> {
  const state = await readState();
  const lab = name ?? state?.plan.name;
  if (lab === undefined) {
    say("No lab is written down in .lab/; to remove one by its name: npm run lab -- down --name capstan-lab");
    return;
  }
  await step("Docker engine", requireEngine);
  await step(`Remove ${lab}`, () => removeMachines(lab));
  if (state === undefined || state.plan.name === lab) await removeLabFolder();
}
