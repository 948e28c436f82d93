/** Debian packages of kubeadm, kubelet and kubectl, in one apt repository per minor as the community has them. */
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cached, withScratch } from "../cache.ts";
import { run } from "../process.ts";
import { say } from "../progress.ts";
import { labelOfMinor, packageVersion } from "../versions.ts";
import { cniPlugins, cniVersion, kubernetesBinary } from "./binaries.ts";

const packaging = join(import.meta.dirname, "..", "packaging");

/** Raised with every change of the packages, so that repositories made before are not taken. */
const recipe = "2";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly depends: readonly string[];
  readonly description: string;
  /** Path on the host to the file that is installed there. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths of files that dpkg leaves as the operator changed them. */
  readonly conffiles: readonly string[];
  readonly postinst?: string;
}

/** Folder to serve: `kubernetes/v1.33/deb/` in it, and so on, each with the versions of its own minor and no other. */
export async function packageRepositories(versions: readonly string[]): Promise<string> {
  const name = join("apt", `${recipe}-${versions.join("-")}`);
  return cached(name, async (path) => {
    for (const minor of new Set(versions.map(labelOfMinor))) {
      const folder = join(path, "kubernetes", `v${minor}`, "deb");
      await mkdir(folder, { recursive: true });
      for (const version of versions.filter((candidate) => labelOfMinor(candidate) === minor)) {
        for (const file of await packagesOf(version)) await copyFile(file, join(folder, basename(file)));
      }
      // --multiversion: otherwise only the newest version of a package is listed.
      await run("dpkg-scanpackages", ["--multiversion", "."], { cwd: folder, outputFile: join(folder, "Packages") });
    }
  });
}

async function packagesOf(version: string): Promise<string[]> {
  const revision = packageVersion(version);
  const plugins = await cniPlugins();
  const defaults = join(packaging, "kubelet.default");
  const cni = `${cniVersion.slice(1)}-1.1`;
  return [
    await buildPackage({
      name: "kubernetes-cni",
      version: cni,
      depends: [],
      description: "Container networking plugins",
      files: Object.fromEntries(Object.entries(plugins).map(([name, path]) => [`/opt/cni/bin/${name}`, path])),
      conffiles: [],
    }),
    await buildPackage({
      name: "kubelet",
      version: revision,
      depends: ["iptables (>= 1.4.21)", "kubernetes-cni (>= 1.2.0)", "iproute2", "mount", "util-linux", "ethtool", "conntrack"],
      description: "Node agent of Kubernetes",
      files: {
        "/usr/bin/kubelet": await kubernetesBinary(version, "kubelet"),
        "/usr/lib/systemd/system/kubelet.service": join(packaging, "kubelet.service"),
        "/etc/default/kubelet": defaults,
      },
      conffiles: ["/etc/default/kubelet"],
      postinst: join(packaging, "kubelet.postinst"),
    }),
    await buildPackage({
      name: "kubectl",
      version: revision,
      depends: [],
      description: "Command line of Kubernetes",
      files: { "/usr/bin/kubectl": await kubernetesBinary(version, "kubectl") },
      conffiles: [],
    }),
    await buildPackage({
      name: "kubeadm",
      version: revision,
      depends: ["kubelet (>= 1.19.0)", "kubectl (>= 1.19.0)", "kubernetes-cni (>= 1.2.0)"],
      description: "Sets up and upgrades a Kubernetes cluster",
      files: {
        "/usr/bin/kubeadm": await kubernetesBinary(version, "kubeadm"),
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": join(packaging, "10-kubeadm.conf"),
      },
      conffiles: ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"],
    }),
  ];
}

function buildPackage(definition: Package): Promise<string> {
  const file = `${definition.name}_${definition.version}_amd64.deb`;
  return cached(join("packages", recipe, file), (path) =>
    withScratch(async (root) => {
      await layOut(root, definition);
      await run("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z3", "--build", root, path]);
      say(`package ${file} is built`);
    }),
  );
}

async function layOut(root: string, definition: Package): Promise<void> {
  for (const [path, from] of Object.entries(definition.files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(from, join(root, path));
    await chmod(join(root, path), /\/bin\//.test(path) ? 0o755 : 0o644);
  }
  const control = join(root, "DEBIAN");
  await mkdir(control, { recursive: true });
  await writeFile(join(control, "control"), controlFile(definition));
  if (definition.conffiles.length > 0) await writeFile(join(control, "conffiles"), `${definition.conffiles.join("\n")}\n`);
  if (definition.postinst === undefined) return;
  await copyFile(definition.postinst, join(control, "postinst"));
  await chmod(join(control, "postinst"), 0o755);
}

function controlFile(definition: Package): string {
  return [
    `Package: ${definition.name}`,
    `Version: ${definition.version}`,
    "Architecture: amd64",
    "Maintainer: Capstan lab <lab@capstan.invalid>",
    ...(definition.depends.length === 0 ? [] : [`Depends: ${definition.depends.join(", ")}`]),
    "Section: admin",
    "Priority: optional",
    `Description: ${definition.description}`,
    "",
  ].join("\n");
}
