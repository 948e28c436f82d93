/**
 * What the lab is made of, before anything exists: names, addresses, subnets and links of every host.
 * Pure: the same options give the same plan.
 */
import { createHash } from "node:crypto";
import type { LabVariant } from "./variants.ts";
import { labelOfMinor, parseLabVersion } from "./versions.ts";
import type { PackageFormat } from "./versions.ts";

/** What `up` can be asked for. */
export interface LabOptions {
  /** Name of the network and prefix of every container and volume. */
  readonly name: string;
  readonly controlPlanes: number;
  readonly workers: number;
  /** Version that the cluster starts at, such as `v1.33.13`. */
  readonly kubernetes: string;
  /** Version whose packages and images are offered for the upgrade, such as `v1.34.4`. */
  readonly target: string;
  /** First three numbers of the /24 that the hosts live in, such as `172.30.0`. */
  readonly subnet: string;
  /** In what it differs from a plain cluster. */
  readonly variants: readonly LabVariant[];
}

export const labRoles = ["control-plane", "worker"] as const;
export type LabRole = (typeof labRoles)[number];

/** A container that plays a machine. */
export interface LabMachine {
  /** Host name, and node name where the machine is a node. */
  readonly name: string;
  readonly container: string;
  /** Address in the cluster and for SSH: IPv6 in a lab of that variant. */
  readonly address: string;
  /** Every machine has one, for the engine. */
  readonly ipv4: string;
}

/** A machine that joins the cluster. */
export interface LabNode extends LabMachine {
  readonly role: LabRole;
  /** Subnet that the node's CNI configuration hands out to pods. */
  readonly podSubnet: string;
}

export interface LabPlan {
  readonly name: string;
  readonly network: string;
  readonly subnet: string;
  readonly gateway: string;
  /** IPv6 subnet of the network; null in a lab of IPv4. */
  readonly subnet6: string | null;
  readonly podNetwork: string;
  readonly serviceNetwork: string;
  readonly kubernetes: string;
  readonly target: string;
  readonly variants: readonly LabVariant[];
  /** Load balancer of the API and of the test Service, and the server of the apt repositories. */
  readonly endpoint: LabMachine;
  readonly bastion: LabMachine;
  readonly nodes: readonly LabNode[];
  /** `host:port` of the API behind the load balancer. */
  readonly apiEndpoint: string;
  /** The test Service behind the load balancer. */
  readonly serviceUrl: string;
  /** Port that every node answers the test Service on. */
  readonly nodePort: number;
  /** Format of the hosts' packages of Kubernetes. */
  readonly packageFormat: PackageFormat;
  /** Link of the package repository of a minor; `{minor}` stands for it. */
  readonly packageRepository: string;
  /** The non-root user with a key on every host. */
  readonly user: string;
  /** Changes with every option: a lab that runs under another fingerprint is another lab. */
  readonly fingerprint: string;
}

export const defaultOptions = {
  name: "capstan-lab",
  controlPlanes: 3,
  workers: 2,
  kubernetes: "v1.33.13",
  target: "v1.34.4",
  subnet: "172.30.0",
  variants: [],
} as const satisfies LabOptions;

const apiPort = 6443;
const servicePort = 8080;
const nodePort = 30080;
const firstControlPlane = 11;
const firstWorker = 51;
const mostOfARole = 40;

/**
 * Lays out the lab.
 *
 * @throws Error that names the option and what would be right.
 */
export function planLab(options: LabOptions): LabPlan {
  checkOptions(options);
  const prefix6 = options.variants.includes("ipv6") ? ipv6Prefix(options.subnet) : null;
  const machine = (name: string, last: number): LabMachine => {
    const ipv4 = `${options.subnet}.${String(last)}`;
    return { name, container: `${options.name}-${name}`, ipv4, address: prefix6 === null ? ipv4 : `${prefix6}::${String(last)}` };
  };
  const endpoint = machine("endpoint", 2);
  const podSubnet = (index: number): string => (prefix6 === null ? `10.244.${String(index)}.0/24` : `fd00:10:244:${index.toString(16)}::/64`);
  const packageFormat = options.variants.includes("rpm") ? "rpm" : "deb";
  return {
    name: options.name,
    network: options.name,
    subnet: `${options.subnet}.0/24`,
    gateway: `${options.subnet}.1`,
    subnet6: prefix6 === null ? null : `${prefix6}::/64`,
    podNetwork: prefix6 === null ? "10.244.0.0/16" : "fd00:10:244::/56",
    serviceNetwork: prefix6 === null ? "10.96.0.0/16" : "fd00:10:96::/112",
    kubernetes: options.kubernetes,
    target: options.target,
    variants: options.variants,
    endpoint,
    bastion: machine("bastion", 3),
    nodes: [
      ...nodesOf(options.controlPlanes, "control-plane", (index) => machine(`cp${String(index + 1)}`, firstControlPlane + index), podSubnet, 0),
      ...nodesOf(options.workers, "worker", (index) => machine(`w${String(index + 1)}`, firstWorker + index), podSubnet, options.controlPlanes),
    ],
    apiEndpoint: `${inUrl(endpoint.address)}:${String(apiPort)}`,
    serviceUrl: `http://${inUrl(endpoint.address)}:${String(servicePort)}/`,
    nodePort,
    packageFormat,
    packageRepository: `http://${inUrl(endpoint.address)}/kubernetes/v{minor}/${packageFormat}/`,
    user: "ops",
    fingerprint: fingerprintOf(options),
  };
}

/** The same for the same options, in whatever order they were given. */
function fingerprintOf({ controlPlanes, workers, kubernetes, target, subnet, name, variants }: LabOptions): string {
  const sorted = variants.toSorted();
  return createHash("sha256").update(JSON.stringify({ controlPlanes, workers, kubernetes, target, subnet, name, variants: sorted })).digest("hex").slice(0, 12);
}

/** The package repository that holds a version, and no other minor. */
export function packageRepositoryOf(plan: LabPlan, version: string): string {
  return plan.packageRepository.replace("{minor}", labelOfMinor(version));
}

/** `fd30:172:30:1000` of `172.30.0`: in no part a lone zero, which the canonical form of an address leaves out. */
function ipv6Prefix(subnet: string): string {
  const [first = "", second = "", third = ""] = subnet.split(".");
  return `fd30:${first}:${second}:1${third.padStart(3, "0")}`;
}

/** An address as it stands before a port: IPv6 in brackets. */
export function inUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function nodesOf(count: number, role: LabRole, machineAt: (index: number) => LabMachine, podSubnet: (index: number) => string, before: number): LabNode[] {
  return Array.from({ length: count }, (_, index) => ({
    ...machineAt(index),
    role,
    podSubnet: podSubnet(before + index),
  }));
}

function checkOptions(options: LabOptions): void {
  checkCount("--control-planes", options.controlPlanes, 1);
  checkCount("--workers", options.workers, 0);
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(options.name)) {
    throw new Error(`--name ${options.name}: use small letters, digits and dashes, starting with a letter.`);
  }
  const numbers = options.subnet.split(".");
  if (numbers.length !== 3 || !numbers.every((number) => /^\d{1,3}$/.test(number) && Number(number) < 256)) {
    throw new Error(`--subnet ${options.subnet}: give the first three numbers of a /24, such as ${defaultOptions.subnet}.`);
  }
  const from = parseLabVersion(options.kubernetes);
  const target = parseLabVersion(options.target);
  if (target.minor < from.minor || target.minor > from.minor + 1) {
    throw new Error(`--target ${options.target}: the lab upgrades ${options.kubernetes} within its minor or to the next one.`);
  }
}

function checkCount(option: string, count: number, least: number): void {
  if (Number.isInteger(count) && count >= least && count <= mostOfARole) return;
  throw new Error(`${option} ${String(count)}: give a whole number from ${String(least)} to ${String(mostOfARole)}.`);
}
