import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { currentActivity } from '../activity-context.ts';
import { hostOf } from '../durable-step.ts';
import { readEtcd } from '../etcd/read-etcd.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { repositoryArguments } from '../packages/package-step.ts';
import { etcdUpgradeFindings } from './host-etcd-checks.ts';
import { parseHostFacts } from './host-facts.ts';
import { factFindings } from './host-fact-findings.ts';
import { accessFinding, fromError, isReached } from './host-finding.ts';
import { imageFindings, imagesFor, listImages } from './host-image-checks.ts';
import { overHosts } from './host-width.ts';

const CHECK_MS = 180_000;

interface HostCheckOptions {
  readonly imageRepository: string | null;
  readonly signal: AbortSignal;
}

/**
 * Everything that can be asked of the hosts that the plan changes, 16 at a time. Nothing on them is changed. A host that
 * cannot be reached, whose key changed or whose sudo refuses is a finding, not an error.
 *
 * @param imageRepository The one of kubeadm-config; null takes kubeadm's default.
 */
export async function hostFindings(hosts: Hosts, plan: UpgradePlan, spec: UpgradeSpec, imageRepository: string | null): Promise<Finding[]> {
  const options: HostCheckOptions = { imageRepository, signal: currentActivity().signal };
  const nodes = plan.nodes.filter((node) => node.changes);
  const checked = await overHosts(nodes, async (node) => ({ node, findings: await checkHost(hosts, node, spec, options) }));
  // A host that did not let us in once is not asked again.
  const reached = checked.filter(({ findings }) => isReached(findings)).map(({ node }) => node);
  const images = await checkImages(hosts, reached, spec, options);
  return [...checked.flatMap(({ findings }) => findings), ...images];
}

async function checkHost(hosts: Hosts, node: PlannedNode, spec: UpgradeSpec, { signal }: HostCheckOptions): Promise<readonly Finding[]> {
  const host = hostOf(node);
  try {
    const result = await hosts.probe(host, SCRIPTS.checkHost, repositoryArguments(node.to, spec.packages.repository), { timeoutMs: CHECK_MS, signal });
    return [accessFinding(host), ...factFindings(node, parseHostFacts(result.stdout), result.exitCode === 0 ? null : result.stderr)];
  } catch (error) {
    signal.throwIfAborted();
    return [fromError(host, error)];
  }
}

/** The list comes from the target's own kubeadm on one host; every host is asked for its part of it. */
async function checkImages(hosts: Hosts, nodes: readonly PlannedNode[], spec: UpgradeSpec, options: HostCheckOptions): Promise<readonly Finding[]> {
  const lister = nodes.find((node) => node.roles.includes('control-plane')) ?? nodes[0];
  if (lister === undefined) return [];
  const images = await listImages(hosts, lister, spec, options);
  if (!Array.isArray(images)) return [images];
  const findings = await overHosts(nodes, (node) => imageFindings(hosts, node, imagesFor(node, images), options.signal));
  const members = nodes.filter((node) => node.roles.includes('etcd')).map(hostOf);
  return [...findings.flat(), ...(await etcdFindings(hosts, members, images, options.signal))];
}

async function etcdFindings(hosts: Hosts, members: readonly HostAddress[], images: readonly string[], signal: AbortSignal): Promise<readonly Finding[]> {
  if (members.length === 0) return [];
  try {
    return etcdUpgradeFindings(await readEtcd(hosts, members, signal), images);
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return [{ check: 'etcd-upgrade-path', severity: 'block', node: null, message: `The version of etcd cannot be read: ${message}`, next: 'See the logs of the etcd pods.' }];
  }
}
