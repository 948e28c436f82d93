import type { Finding } from '../../workflows/domain/check.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { currentActivity } from '../activity-context.ts';
import { hostOf } from '../durable-step.ts';
import { readEtcd } from '../etcd/read-etcd.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { repositoryArguments } from '../packages/package-step.ts';
import { etcdUpgradeFindings } from './host-etcd-checks.ts';
import { diskFindings } from './host-disk-checks.ts';
import { parseHostFacts } from './host-facts.ts';
import type { HostFacts } from './host-facts.ts';
import { factFindings } from './host-fact-findings.ts';
import { accessFinding, fromError, isReached } from './host-finding.ts';
import { imageFindings, imagesFor, listImages } from './host-image-checks.ts';
import { overHosts } from './host-width.ts';
import type { KubeletConfig } from './kubelet-settings.ts';

const CHECK_MS = 180_000;

/** What the cluster says about its hosts. */
export interface ClusterWords {
  /** imageRepository of kubeadm-config; null takes kubeadm's default. */
  readonly imageRepository: string | null;
  readonly kubeletConfig: KubeletConfig | null;
}

interface HostCheckOptions extends ClusterWords {
  readonly signal: AbortSignal;
}

interface CheckedHost {
  readonly node: PlannedNode;
  readonly facts: HostFacts | null;
  readonly findings: readonly Finding[];
}

/**
 * Everything that can be asked of the hosts that the plan changes, 16 at a time. Nothing on them is changed. A host that
 * cannot be reached, whose key changed or whose sudo refuses is a finding, not an error.
 */
export async function hostFindings(hosts: Hosts, plan: UpgradePlan, spec: UpgradeSpec, words: ClusterWords): Promise<Finding[]> {
  const options: HostCheckOptions = { ...words, signal: currentActivity().signal };
  const nodes = plan.nodes.filter((node) => node.changes);
  const checked = await overHosts(nodes, (node) => checkHost(hosts, node, spec, options));
  // A host that did not let us in once is not asked again.
  const reached = checked.filter(({ findings }) => isReached(findings));
  const { findings, etcd } = await checkImages(hosts, reached.map(({ node }) => node), spec, options);
  const disks = reached.flatMap(({ node, facts }) => (facts === null ? [] : diskFindings(node, facts, etcd)));
  return [...checked.flatMap((host) => host.findings), ...disks, ...findings];
}

async function checkHost(hosts: Hosts, node: PlannedNode, spec: UpgradeSpec, { signal, kubeletConfig }: HostCheckOptions): Promise<CheckedHost> {
  const host = hostOf(node);
  try {
    const result = await hosts.probe(host, SCRIPTS.checkHost, repositoryArguments(node.to, spec.packages.repository), { timeoutMs: CHECK_MS, signal });
    const facts = parseHostFacts(result.stdout);
    return { node, facts, findings: [accessFinding(host), ...factFindings(node, facts, result.exitCode === 0 ? null : result.stderr, kubeletConfig)] };
  } catch (error) {
    signal.throwIfAborted();
    return { node, facts: null, findings: [fromError(host, error)] };
  }
}

interface ImagesAndEtcd {
  readonly findings: readonly Finding[];
  /** Null where no member could be asked. */
  readonly etcd: EtcdObservation | null;
}

/** The list comes from the target's own kubeadm on one host; every host is asked for its part of it. */
async function checkImages(hosts: Hosts, nodes: readonly PlannedNode[], spec: UpgradeSpec, options: HostCheckOptions): Promise<ImagesAndEtcd> {
  const lister = nodes.find((node) => node.roles.includes('control-plane')) ?? nodes[0];
  if (lister === undefined) return { findings: [], etcd: null };
  const images = await listImages(hosts, lister, spec, options);
  const isListed = Array.isArray(images);
  const findings = isListed ? await overHosts(nodes, (node) => imageFindings(hosts, node, imagesFor(node, images), options.signal)) : [[images]];
  const members = nodes.filter((node) => node.roles.includes('etcd')).map(hostOf);
  const asked = await askEtcd(hosts, members, options.signal);
  const upgrade = asked.etcd === null || !isListed ? [] : etcdUpgradeFindings(asked.etcd, images);
  return { findings: [...findings.flat(), ...asked.findings, ...upgrade], etcd: asked.etcd };
}

async function askEtcd(hosts: Hosts, members: readonly HostAddress[], signal: AbortSignal): Promise<ImagesAndEtcd> {
  if (members.length === 0) return { findings: [], etcd: null };
  try {
    return { findings: [], etcd: await readEtcd(hosts, members, signal) };
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return { findings: [{ check: 'etcd-upgrade-path', severity: 'block', node: null, message: `The version of etcd cannot be read: ${message}`, next: 'See the logs of the etcd pods.' }], etcd: null };
  }
}
