/** The cluster on the lab's hosts: set up, initialised, joined, with its workload. */
import { join } from "node:path";
import type { Artifacts } from "./artifacts.ts";
import { haproxyConfiguration, initConfiguration, joinConfiguration, nodeSettings } from "./configuration.ts";
import type { JoinSecrets } from "./configuration.ts";
import { inHost, runScript } from "./host.ts";
import { machinesOf } from "./hosts.ts";
import type { LabMachine, LabNode, LabPlan } from "./plan.ts";
import { outputOf, run } from "./process.ts";
import { say } from "./progress.ts";

/** A host's SSH key as `known_hosts` has it, without the host's name. */
export interface HostKey {
  readonly machine: LabMachine;
  readonly key: string;
}

/** Lets the lab's user in everywhere (nodes through the bastion alone) and returns the hosts' keys. */
export function setUpAccess(plan: LabPlan, publicKey: string): Promise<HostKey[]> {
  const machines = machinesOf(plan).filter((machine) => machine !== plan.endpoint);
  return Promise.all(
    machines.map(async (machine) => {
      const allowedFrom = machine === plan.bastion ? "" : plan.bastion.address;
      const result = await runScript(machine.container, "set-up-ssh.sh", { LAB_PUBLIC_KEY: publicKey, LAB_ALLOWED_FROM: allowedFrom });
      const [type, key] = result.stdout.trim().split(" ");
      if (type === undefined || key === undefined) throw new Error(`${machine.name}: no SSH host key in "${result.stdout}".`);
      return { machine, key: `${type} ${key}` };
    }),
  );
}

/** Load balancer and package server. */
export async function setUpEndpoint(plan: LabPlan): Promise<void> {
  await runScript(plan.endpoint.container, "set-up-endpoint.sh", { LAB_HAPROXY: haproxyConfiguration(plan) });
}

/** containerd with every image, routes, and the packages of kubeadm on every node. */
export async function setUpNodes(plan: LabPlan, artifacts: Artifacts): Promise<void> {
  const images = { sandbox: artifacts.sandboxImage, archives: artifacts.archives };
  await Promise.all(
    plan.nodes.map(async (node) => {
      await runScript(node.container, "set-up-node.sh", nodeSettings(plan, node, images));
      say(`${node.name} is ready for kubeadm`);
    }),
  );
}

/** The first control-plane node. */
export async function initialise(plan: LabPlan): Promise<void> {
  const first = firstControlPlane(plan);
  await runScript(first.container, "init-cluster.sh", { LAB_CONFIGURATION: initConfiguration(plan, first) });
}

/** Every other node: control-plane nodes one by one, since each adds an etcd member, workers beside them. */
export async function joinNodes(plan: LabPlan): Promise<void> {
  const first = firstControlPlane(plan);
  const others = plan.nodes.filter((node) => node !== first);
  const joined = await Promise.all(others.map(hasJoined));
  const waiting = others.filter((_, index) => joined[index] !== true);
  if (waiting.length === 0) return;
  const secrets = await joinSecrets(first);
  const joinOne = async (node: LabNode): Promise<void> => {
    await runScript(node.container, "join-cluster.sh", { LAB_CONFIGURATION: joinConfiguration(plan, node, secrets) });
    say(`${node.name} joined`);
  };
  const controlPlanes = async (): Promise<void> => {
    for (const node of waiting.filter((other) => other.role === "control-plane")) await joinOne(node);
  };
  await Promise.all([controlPlanes(), ...waiting.filter((node) => node.role === "worker").map(joinOne)]);
}

/** Text of a kubeconfig with every right, whose server is the load balancer. */
export async function adminKubeconfig(plan: LabPlan): Promise<string> {
  return (await inHost(firstControlPlane(plan).container, "cat /etc/kubernetes/admin.conf")).stdout;
}

/** Applies the workload and waits until everything in the cluster is Ready. */
export async function deployWorkload(kubectl: string, kubeconfig: string): Promise<void> {
  const withAccess = (...rest: readonly string[]): readonly string[] => ["--kubeconfig", kubeconfig, ...rest];
  await run(kubectl, withAccess("apply", "-f", join(import.meta.dirname, "workload.yaml")));
  await run(kubectl, withAccess("wait", "--for=condition=Ready", "node", "--all", `--timeout=${readySeconds}s`));
  for (const [namespace, workloads] of Object.entries(workloadsByNamespace)) {
    for (const workload of workloads) {
      await run(kubectl, withAccess("--namespace", namespace, "rollout", "status", workload, `--timeout=${readySeconds}s`));
    }
  }
}

const readySeconds = "180";
const workloadsByNamespace: Readonly<Record<string, readonly string[]>> = {
  "kube-system": ["daemonset/kube-proxy", "deployment/coredns"],
  lab: ["deployment/web", "deployment/scratch", "daemonset/agent"],
};

/** The control-plane node that the cluster began with. @throws Error where the plan has none. */
export function firstControlPlane(plan: LabPlan): LabNode {
  const node = plan.nodes.find((candidate) => candidate.role === "control-plane");
  if (node === undefined) throw new Error("The lab has no control-plane node.");
  return node;
}

async function joinSecrets(first: LabNode): Promise<JoinSecrets> {
  const result = await runScript(first.container, "join-secrets.sh", {});
  const [token, caCertHash, certificateKey] = result.stdout.trim().split("\n");
  if (token === undefined || caCertHash === undefined || certificateKey === undefined) {
    throw new Error(`${first.name}: join-secrets.sh printed ${String(result.stdout.trim().split("\n").length)} lines in place of 3.`);
  }
  return { token, caCertHash, certificateKey };
}

async function hasJoined(node: LabNode): Promise<boolean> {
  const answer = await outputOf("docker", ["exec", node.container, "bash", "-c", "if [ -e /var/lib/lab/joined ]; then echo yes; fi"]);
  return answer === "yes";
}
