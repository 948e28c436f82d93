/**
 * The upgrade as kubeadm's documentation tells a person to do it, one node after the other, with probes running: what
 * Capstan is compared with.
 */
import { setTimeout as delay } from "node:timers/promises";
import { labFiles, kubectl, onHost } from "./lab.ts";
import type { LabNode, LabState } from "./lab.ts";
import { packageRepositoryOf } from "./plan.ts";
import { apiProbe, httpProbe, Prober, probeTimeoutMs } from "./probes.ts";
import type { ProbeReport } from "./probes.ts";
import { step } from "./progress.ts";
import { packageVersion } from "./versions.ts";

export interface HandStep {
  readonly node: string;
  readonly step: string;
  readonly seconds: number;
}

export interface HandReport {
  readonly from: string;
  readonly to: string;
  readonly startedAt: string;
  readonly wallSeconds: number;
  readonly steps: readonly HandStep[];
  readonly probesPerSecond: number;
  readonly probeTimeoutMs: number;
  readonly service: ProbeReport;
  readonly api: ProbeReport;
}

const probesPerSecond = 10;

/** Upgrades every node of the lab to its target and tells what it took. */
export async function upgradeByHand(lab: LabState): Promise<HandReport> {
  const service = new Prober(httpProbe(lab.plan.serviceUrl), probesPerSecond);
  const api = new Prober(await apiProbe(labFiles.kubeconfig), probesPerSecond);
  const steps: HandStep[] = [];
  const startedAt = new Date();
  service.start();
  api.start();
  try {
    for (const [index, node] of lab.plan.nodes.entries()) await upgradeNode(lab, node, index === 0, steps);
    await kubectl(lab, ["--namespace", "kube-system", "rollout", "status", "daemonset/kube-proxy", "--timeout=180s"]);
    await kubectl(lab, ["--namespace", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=180s"]);
  } finally {
    await Promise.all([service.stop(), api.stop()]);
  }
  return {
    from: lab.plan.kubernetes,
    to: lab.plan.target,
    startedAt: startedAt.toISOString(),
    wallSeconds: round((Date.now() - startedAt.getTime()) / 1000),
    steps,
    probesPerSecond,
    probeTimeoutMs,
    service: service.report(),
    api: api.report(),
  };
}

async function upgradeNode(lab: LabState, node: LabNode, first: boolean, steps: HandStep[]): Promise<void> {
  const { target } = lab.plan;
  const version = packageVersion(target);
  const timed = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const begun = performance.now();
    await step(`${node.name}: ${name}`, work);
    steps.push({ node: node.name, step: name, seconds: round((performance.now() - begun) / 1000) });
  };
  const sh = (command: string) => (): Promise<string> => onHost(lab, node.name, `set -e; export DEBIAN_FRONTEND=noninteractive; ${command}`);
  await timed("kubeadm package", sh([
    `echo 'deb [trusted=yes] ${packageRepositoryOf(lab.plan, target)} /' > /etc/apt/sources.list.d/kubernetes.list`,
    "apt-get update -q",
    "apt-mark unhold kubeadm",
    `apt-get install -qy kubeadm=${version}`,
    "apt-mark hold kubeadm",
  ].join("; ")));
  if (first) {
    await timed("kubeadm upgrade plan", sh(`kubeadm upgrade plan ${target}`));
    await timed("kubeadm upgrade apply", sh(`kubeadm upgrade apply ${target} --yes`));
  } else {
    await timed("kubeadm upgrade node", sh("kubeadm upgrade node"));
  }
  await timed("drain", () => kubectl(lab, ["drain", node.name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s"]));
  await timed("kubelet and kubectl packages", sh([
    "apt-mark unhold kubelet kubectl",
    `apt-get install -qy kubelet=${version} kubectl=${version}`,
    "apt-mark hold kubelet kubectl",
    "systemctl daemon-reload",
    "systemctl restart kubelet",
  ].join("; ")));
  await timed("Ready at the version", () => waitForVersion(lab, node.name, target));
  await timed("uncordon", () => kubectl(lab, ["uncordon", node.name]));
}


const readyMs = 180_000;

async function waitForVersion(lab: LabState, node: string, version: string): Promise<void> {
  const deadline = Date.now() + readyMs;
  const fields = '{.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}';
  for (;;) {
    const seen = await kubectl(lab, ["get", "node", node, "-o", `jsonpath=${fields}`]);
    if (seen === `${version} True`) return;
    if (Date.now() > deadline) throw new Error(`${node}: "${seen}" in place of "${version} True" after ${String(readyMs / 1000)} s.`);
    await delay(500);
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
