/** The programs of the lab, each built once and kept by version. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../cache.ts";
import { run } from "../process.ts";
import { etcdModules } from "../versions.ts";
import { goVersionOf, kubernetesGoMod, kubernetesLinkerFlags, plainGoMod, toolsFile, kubernetesCommands } from "./go-module.ts";
import type { KubernetesCommand } from "./go-module.ts";
import { goCommand, goModule, publishedGoMod } from "./go.ts";

const programs = join(import.meta.dirname, "..", "programs");
const stripped = "-s -w";
const pluginsVersion = "v1.9.1";

/** Version of the CNI plugins, as their package is numbered. */
export const cniVersion: string = pluginsVersion;

/** Path of one command of a Kubernetes version. */
export async function kubernetesBinary(version: string, command: KubernetesCommand): Promise<string> {
  const folder = await goModule(`kubernetes-${version}`, async () => ({
    "go.mod": kubernetesGoMod(version, await publishedGoMod("k8s.io/kubernetes", version)),
    "tools.go": toolsFile(kubernetesCommands.map((name) => `k8s.io/kubernetes/cmd/${name}`)),
  }));
  return goCommand({
    folder,
    path: `k8s.io/kubernetes/cmd/${command}`,
    linkerFlags: kubernetesLinkerFlags(version),
    output: join(version, command),
  });
}

/** Builds every command of a Kubernetes version. */
export async function buildKubernetes(version: string): Promise<void> {
  for (const command of kubernetesCommands) await kubernetesBinary(version, command);
}

/** Paths of `etcd`, `etcdctl` and `etcdutl` for an image tag. */
export async function etcdBinaries(tag: string): Promise<Readonly<Record<string, string>>> {
  const { server, tools } = etcdModules(tag);
  const path = (command: string): string => `go.etcd.io/etcd/${command}/v3`;
  const build = async (command: string, version: string): Promise<string> => {
    const folder = await goModule(`etcd-${command}-${version}`, async () => ({
      "go.mod": plainGoMod("etcd", goVersionOf(await publishedGoMod(path(command), version)), { [path(command)]: version }),
      "tools.go": toolsFile([path(command)]),
    }));
    const name = command === "server" ? "etcd" : command;
    return goCommand({ folder, path: path(command), linkerFlags: stripped, output: join(`etcd-${tag}`, name) });
  };
  return {
    etcd: await build("server", server),
    etcdctl: await build("etcdctl", tools),
    etcdutl: await build("etcdutl", tools),
  };
}

/** Path of CoreDNS with the plugins of kubeadm's Corefile. */
export async function corednsBinary(version: string): Promise<string> {
  const source = await readFile(join(programs, "coredns", "main.go"), "utf8");
  const coredns = "github.com/coredns/coredns";
  const folder = await goModule(`coredns-${version}`, async () => ({
    "go.mod": plainGoMod("coredns", goVersionOf(await publishedGoMod(coredns, version)), { [coredns]: version }),
    "main.go": source,
  }));
  return goCommand({ folder, path: ".", linkerFlags: stripped, output: `coredns-${version}` });
}

/** Paths of the CNI plugins that the hosts use. */
export async function cniPlugins(): Promise<Readonly<Record<string, string>>> {
  const module = "github.com/containernetworking/plugins";
  const paths = {
    bridge: `${module}/plugins/main/bridge`,
    loopback: `${module}/plugins/main/loopback`,
    "host-local": `${module}/plugins/ipam/host-local`,
    portmap: `${module}/plugins/meta/portmap`,
  };
  const folder = await goModule(`cni-${pluginsVersion}`, async () => ({
    "go.mod": plainGoMod("cni", goVersionOf(await publishedGoMod(module, pluginsVersion)), { [module]: pluginsVersion }),
    "tools.go": toolsFile(Object.values(paths)),
  }));
  const built: Record<string, string> = {};
  for (const [name, path] of Object.entries(paths)) {
    built[name] = await goCommand({ folder, path, linkerFlags: stripped, output: join(`cni-${pluginsVersion}`, name) });
  }
  return built;
}

/** Path of the workload's web server. */
export async function httpdBinary(): Promise<string> {
  const source = await readFile(join(programs, "httpd", "main.go"), "utf8");
  const version = digest(source);
  const folder = await goModule(`httpd-${version}`, async () => ({ "go.mod": "module lab/httpd\n\ngo 1.22\n", "main.go": source }));
  return goCommand({ folder, path: ".", linkerFlags: stripped, output: `httpd-${version}` });
}

/** Path of the static program that holds a pod's namespaces. */
export async function pauseBinary(): Promise<string> {
  const source = join(programs, "pause.c");
  const version = digest(await readFile(source, "utf8"));
  return cached(join("bin", `pause-${version}`), async (path) => {
    await mkdir(join(path, ".."), { recursive: true });
    await run("gcc", ["-static", "-Os", "-s", "-o", path, source]);
  });
}

/** Short name of a content, for names in the cache. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
