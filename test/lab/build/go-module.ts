/** Text of the small Go modules that the lab builds Kubernetes and etcd from. Pure. */
import { parseLabVersion, stagingVersion } from "../versions.ts";

export const kubernetesCommands = [
  "kubeadm",
  "kubelet",
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;
export type KubernetesCommand = (typeof kubernetesCommands)[number];

/**
 * The go.mod that requires one Kubernetes version.
 * The published module points its staging modules at folders of its own repository, at exactly `v0.0.0`; each is
 * replaced by the version that was published with it. Pseudo-versions (`v0.0.0-2025…`) belong to modules that are
 * published on their own and stay.
 *
 * @param publishedGoMod - go.mod of `k8s.io/kubernetes` at that version.
 */
export function kubernetesGoMod(version: string, publishedGoMod: string): string {
  const required = [...publishedGoMod.matchAll(/^\s*(k8s\.io\/\S+) v0\.0\.0(?=\s|$)/gm)].map((match) => match[1]);
  const replaced = [...publishedGoMod.matchAll(/(k8s\.io\/\S+) => \.\/staging/g)].map((match) => match[1]);
  const modules = [...new Set([...required, ...replaced])].filter((name) => name !== undefined).toSorted();
  const staging = stagingVersion(version);
  return [
    "module lab/k8s",
    "",
    `go ${goVersionOf(publishedGoMod)}`,
    "",
    `require k8s.io/kubernetes ${version}`,
    "",
    "replace (",
    ...modules.map((name) => `\t${name} => ${name} ${staging}`),
    ")",
    "",
  ].join("\n");
}

/** The go.mod that requires modules at given versions. */
export function plainGoMod(name: string, goVersion: string, modules: Readonly<Record<string, string>>): string {
  return [
    `module lab/${name}`,
    "",
    `go ${goVersion}`,
    "",
    "require (",
    ...Object.entries(modules).map(([module, version]) => `\t${module} ${version}`),
    ")",
    "",
  ].join("\n");
}

/** A Go file that imports commands, so that `go mod tidy` keeps what they need. */
export function toolsFile(imports: readonly string[]): string {
  return ["//go:build tools", "", "package tools", "", ...imports.map((path) => `import _ "${path}"`), ""].join("\n");
}

/** Linker flags that make every command tell its version, as release builds do. */
export function kubernetesLinkerFlags(version: string): string {
  const { major, minor } = parseLabVersion(version);
  const values = {
    gitVersion: version,
    gitMajor: String(major),
    gitMinor: String(minor),
    gitTreeState: "clean",
  };
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const settings = packages.flatMap((path) => Object.entries(values).map(([key, value]) => `-X ${path}.${key}=${value}`));
  return ["-s -w", ...settings].join(" ");
}

/** The `go` line of a go.mod. @throws Error where it has none. */
export function goVersionOf(goMod: string): string {
  const version = /^go (\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error("go.mod without a go line.");
  return version;
}
