/** Ways in which clusters of others differ from a plain one, each with what it is. Pure. */
export const labVariants = ["own-folders", "unlabelled", "untainted", "noexec-tmp", "kubelet-by-hand", "encryption", "rpm", "ipv6", "cloned"] as const;
export type LabVariant = (typeof labVariants)[number];

export const aboutVariants = {
  "own-folders": "certificates in /etc/kubernetes/own-pki, etcd's data in /var/lib/own-etcd",
  unlabelled: "the control-plane label on the first control-plane node alone",
  untainted: "no control-plane taint: workloads run on control-plane nodes; with --workers 0 a hyperconverged cluster",
  "noexec-tmp": "/tmp of every host mounted noexec",
  "kubelet-by-hand": "maxPods set by hand in the last node's kubelet configuration",
  encryption: "encryption at rest by a flag and a volume in the manifests alone, unknown to kubeadm",
  rpm: "packages of Kubernetes as RPM, from dnf 4 and rpm on hosts that are Debian otherwise",
  ipv6: "the whole cluster on IPv6, single stack: API, etcd, pods, services, SSH",
  cloned: "one machine id on all hosts, as of machines cloned from one image",
} as const satisfies Readonly<Record<LabVariant, string>>;

/** Changes to the JoinConfiguration: a worker's kubelet looks for the CA where the cluster's configuration says. Pure. */
export function joinConfigurationOf(variants: readonly LabVariant[]): Readonly<Record<string, unknown>> {
  return variants.includes("own-folders") ? { caCertPath: "/etc/kubernetes/own-pki/ca.crt" } : {};
}

/** Changes to the ClusterConfiguration that `kubeadm init` reads. Pure. */
export function clusterConfigurationOf(variants: readonly LabVariant[]): Readonly<Record<string, unknown>> {
  if (!variants.includes("own-folders")) return {};
  return { certificatesDir: "/etc/kubernetes/own-pki", etcd: { local: { dataDir: "/var/lib/own-etcd" } } };
}
