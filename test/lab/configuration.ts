/** Configuration files that the lab writes, as text. Pure. */
import { stringify } from "yaml";
import type { LabNode, LabPlan } from "./plan.ts";
import { inUrl, packageRepositoryOf } from "./plan.ts";
import { packageVersion } from "./versions.ts";
import { clusterConfigurationOf, joinConfigurationOf } from "./variants.ts";

/** haproxy in front of the API and of the test Service. */
export function haproxyConfiguration(plan: LabPlan): string {
  const controlPlanes = plan.nodes.filter((node) => node.role === "control-plane");
  const port = (url: string): string => new URL(url).port;
  return `global
  maxconn 4000
  log /dev/log local0 notice

defaults
  timeout connect 2s
  timeout check 2s
  retries 3
  option redispatch 1

frontend api
  mode tcp
  bind ${plan.apiEndpoint}
  timeout client 1h
  default_backend apiservers

backend apiservers
  mode tcp
  timeout server 1h
  option httpchk GET /readyz
  http-check expect status 200
  default-server check check-ssl verify none inter 1s fall 2 rise 2 on-marked-down shutdown-sessions
${controlPlanes.map((node) => `  server ${node.name} ${inUrl(node.address)}:6443`).join("\n")}

frontend service
  mode http
  bind ${inUrl(plan.endpoint.address)}:${port(plan.serviceUrl)}
  timeout client 30s
  default_backend nodes

backend nodes
  mode http
  timeout server 30s
  option httpchk GET /
  http-check expect status 200
  option http-server-close
  default-server check inter 1s fall 2 rise 2
${plan.nodes.map((node) => `  server ${node.name} ${inUrl(node.address)}:${String(plan.nodePort)}`).join("\n")}`;
}

/** Routes of one node to the pods of the others. */
export function routesOf(plan: LabPlan, node: LabNode): string {
  return plan.nodes
    .filter((other) => other !== node)
    .map((other) => `${other.podSubnet} ${other.address}\n`)
    .join("");
}

function nodeRegistration(plan: LabPlan, node: LabNode): Readonly<Record<string, unknown>> {
  // A kubelet with addresses of both families takes IPv4 where it is not told.
  const kubeletExtraArgs = plan.subnet6 === null ? {} : { kubeletExtraArgs: [{ name: "node-ip", value: node.address }] };
  return { criSocket: "unix:///run/containerd/containerd.sock", imagePullPolicy: "IfNotPresent", ...kubeletExtraArgs };
}

const apiVersion = "kubeadm.k8s.io/v1beta4";

/** What `kubeadm init --config` reads on the first control-plane node. */
export function initConfiguration(plan: LabPlan, node: LabNode): string {
  return documents([
    {
      apiVersion,
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: node.address },
      nodeRegistration: nodeRegistration(plan, node),
    },
    {
      apiVersion,
      kind: "ClusterConfiguration",
      kubernetesVersion: plan.kubernetes,
      controlPlaneEndpoint: plan.apiEndpoint,
      networking: { podSubnet: plan.podNetwork, serviceSubnet: plan.serviceNetwork },
      ...clusterConfigurationOf(plan.variants),
    },
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupDriver: "cgroupfs",
      failCgroupV1: false,
      failSwapOn: false,
      // A score below the container's own needs CAP_SYS_RESOURCE.
      oomScoreAdj: 0,
      // Every host sees the whole disk of the machine, however full others have made it: no image that was imported
      // may be removed for that, since there is no registry to bring it back, and no pod evicted.
      imageGCHighThresholdPercent: 100,
      evictionHard: { "memory.available": "100Mi", "nodefs.available": "1Gi", "nodefs.inodesFree": "1%", "imagefs.available": "1Gi" },
    },
    {
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      mode: "iptables",
      oomScoreAdj: 0,
      // The connection table belongs to the machine; a host may not resize it.
      conntrack: { maxPerCore: 0, min: 0 },
    },
  ]);
}

/** How a node finds and trusts the cluster. */
export interface JoinSecrets {
  readonly token: string;
  readonly caCertHash: string;
  /** Opens the control plane's certificates that init left in the cluster. */
  readonly certificateKey: string;
}

/** What `kubeadm join --config` reads. */
export function joinConfiguration(plan: LabPlan, node: LabNode, secrets: JoinSecrets): string {
  const controlPlane = {
    localAPIEndpoint: { advertiseAddress: node.address },
    certificateKey: secrets.certificateKey,
  };
  return documents([
    {
      apiVersion,
      kind: "JoinConfiguration",
      discovery: {
        bootstrapToken: { apiServerEndpoint: plan.apiEndpoint, token: secrets.token, caCertHashes: [secrets.caCertHash] },
      },
      nodeRegistration: nodeRegistration(plan, node),
      ...joinConfigurationOf(plan.variants),
      ...(node.role === "control-plane" ? { controlPlane } : {}),
    },
  ]);
}

/** What `.lab/cluster.yaml` says: paths are relative to it. */
export function clusterSpec(plan: LabPlan): string {
  return documents([
    {
      apiVersion: "capstan.dev/v1",
      kind: "ClusterUpgrade",
      metadata: { name: plan.name },
      spec: {
        driver: "kubeadm",
        target: { version: plan.target },
        access: {
          transport: "ssh",
          kubeconfig: { file: "kubeconfig" },
          ssh: {
            user: plan.user,
            port: 22,
            privateKey: { file: "id_ed25519" },
            knownHosts: { file: "known_hosts" },
            bastion: { address: plan.bastion.address, user: plan.user },
            become: "sudo",
          },
        },
        etcd: { snapshot: { keep: 5 } },
        pools: [{ name: "default", maxUnavailable: 1, drain: { timeout: "5m", deleteEmptyDir: true } }],
        packages: { repository: plan.packageRepository },
        kubeadm: { },
      },
    },
  ]);
}

/** Settings of `set-up-node.sh`. */
export function nodeSettings(
  plan: LabPlan,
  node: LabNode,
  images: { readonly sandbox: string; readonly archives: readonly string[] },
): Readonly<Record<string, string>> {
  return {
    LAB_POD_SUBNET: node.podSubnet,
    LAB_ROUTES: routesOf(plan, node),
    LAB_SANDBOX_IMAGE: images.sandbox,
    LAB_ARCHIVES: images.archives.join(" "),
    LAB_PACKAGE_FORMAT: plan.packageFormat,
    LAB_REPOSITORY: packageRepositoryOf(plan, plan.kubernetes),
    LAB_PACKAGE_VERSION: packageVersion(plan.kubernetes, plan.packageFormat),
  };
}

function documents(values: readonly unknown[]): string {
  return values.map((value) => stringify(value)).join("---\n");
}
