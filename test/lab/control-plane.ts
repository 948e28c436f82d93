/** The control plane's static pods, as a cluster in service has them. */
import { setTimeout as delay } from "node:timers/promises";
import { labFiles } from "./files.ts";
import { inHost } from "./host.ts";
import type { LabPlan } from "./plan.ts";
import { run } from "./process.ts";

/**
 * Restarts the kubelets of control-plane nodes. While members joined, API servers ended and were started again, and for
 * ten minutes a kubelet holds the next start back: a cluster in service has no such past. Waits until what they run is Ready again.
 */
export async function forgetRestarts(plan: LabPlan, kubectl: string): Promise<void> {
  const nodes = plan.nodes.filter((node) => node.role === "control-plane");
  const since = Math.ceil(Date.now() / 1000) * 1000;
  await Promise.all(nodes.map((node) => inHost(node.container, "systemctl restart kubelet")));
  await waitForControlPlane(plan, kubectl, since);
}

/** A kubelet that starts takes its pods for not Ready until it has probed them: Ready counts once it was reached after `since`. */
async function waitForControlPlane({ nodes }: LabPlan, kubectl: string, since: number): Promise<void> {
  const wanted = controlPlanePods.flatMap((pod) => nodes.filter((node) => node.role === "control-plane").map((node) => `${pod}-${node.name}`));
  const deadline = Date.now() + readyMs;
  for (;;) {
    const ready = await readySince(kubectl, since);
    const missing = wanted.filter((pod) => !ready.has(pod));
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Not Ready ${String(readyMs / 1000)} s after the kubelets' restart: ${missing.join(", ")}.`);
    await delay(500);
  }
}

/** Names of control-plane pods that became Ready after `since`; none while no API server answers. */
async function readySince(kubectl: string, since: number): Promise<ReadonlySet<string>> {
  const lines = '{range .items[*]}{.metadata.name} {range .status.conditions[?(@.type=="Ready")]}{.status} {.lastTransitionTime}{end}{"\\n"}{end}';
  const args = ["--kubeconfig", labFiles.kubeconfig, "--namespace", "kube-system", "get", "pods", "--selector", "tier=control-plane", "--output", `jsonpath=${lines}`];
  const answer = await run(kubectl, args, { accept: [0, 1] });
  const pods = answer.stdout.split("\n").map((line) => line.split(" "));
  return new Set(pods.flatMap(([name = "", status, at = ""]) => (status === "True" && Date.parse(at) >= since ? [name] : [])));
}

const controlPlanePods = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

const readyMs = 180_000;
