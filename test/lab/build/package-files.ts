/** What kubeadm, kubelet and kubectl are made of as packages, whichever family of distributions they are for. */
import { copyFile, chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cniPlugins, cniVersion, kubernetesBinary } from "./binaries.ts";

const packaging = join(import.meta.dirname, "..", "packaging");

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly depends: readonly string[];
  readonly description: string;
  /** Path on the host to the file that is installed there. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths of files that the package manager leaves as the operator changed them. */
  readonly conffiles: readonly string[];
  readonly postinst?: string;
}

/** The four packages of a version; `revision` is written behind it, as each family of distributions does. */
export async function packagesOf(version: string, revision: string): Promise<Package[]> {
  const plugins = await cniPlugins();
  const defaults = join(packaging, "kubelet.default");
  const cni = `${cniVersion.slice(1)}-${revision}`;
  return [
    {
      name: "kubernetes-cni",
      version: cni,
      depends: [],
      description: "Container networking plugins",
      files: Object.fromEntries(Object.entries(plugins).map(([name, path]) => [`/opt/cni/bin/${name}`, path])),
      conffiles: [],
    },
    {
      name: "kubelet",
      version: `${version.slice(1)}-${revision}`,
      depends: ["iptables (>= 1.4.21)", "kubernetes-cni (>= 1.2.0)", "iproute2", "mount", "util-linux", "ethtool", "conntrack"],
      description: "Node agent of Kubernetes",
      files: {
        "/usr/bin/kubelet": await kubernetesBinary(version, "kubelet"),
        "/usr/lib/systemd/system/kubelet.service": join(packaging, "kubelet.service"),
        "/etc/default/kubelet": defaults,
      },
      conffiles: ["/etc/default/kubelet"],
      postinst: join(packaging, "kubelet.postinst"),
    },
    {
      name: "kubectl",
      version: `${version.slice(1)}-${revision}`,
      depends: [],
      description: "Command line of Kubernetes",
      files: { "/usr/bin/kubectl": await kubernetesBinary(version, "kubectl") },
      conffiles: [],
    },
    {
      name: "kubeadm",
      version: `${version.slice(1)}-${revision}`,
      depends: ["kubelet (>= 1.19.0)", "kubectl (>= 1.19.0)", "kubernetes-cni (>= 1.2.0)"],
      description: "Sets up and upgrades a Kubernetes cluster",
      files: {
        "/usr/bin/kubeadm": await kubernetesBinary(version, "kubeadm"),
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": join(packaging, "10-kubeadm.conf"),
      },
      conffiles: ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"],
    },
  ];
}

/** Copies a package's files to where they belong below `root`. */
export async function layOut(root: string, { files }: Package): Promise<void> {
  for (const [path, from] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(from, join(root, path));
    await chmod(join(root, path), /\/bin\//.test(path) ? 0o755 : 0o644);
  }
}
