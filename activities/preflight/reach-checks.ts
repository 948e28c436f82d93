import { hostAddressOf } from '../hosts/host-address.ts';
import type { OpenHosts, HostAddress, HostScript } from '../hosts/port.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { Node } from '../kubernetes/objects.ts';
import { exposureFindings } from './exposure-findings.ts';
import { findingOfError } from './finding-of-error.ts';

export interface ReachOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
}

const WHO_AM_I: HostScript = { name: 'who-am-i', text: 'set -eu\nid -u\n' };

/** Whether the API answers, and SSH and root work on every host: the ways in, and nothing that needs a plan. Reads only. */
export async function reachFindings(options: ReachOptions, spec: UpgradeSpec): Promise<readonly Finding[]> {
  const api = await apiFinding(options, spec);
  if (api.nodes === null) return [api.finding, ...api.exposure];
  const hosts = api.nodes.map((node) => hostAddressOf(spec, node));
  return [api.finding, ...api.exposure, ...(await Promise.all(hosts.map((host) => hostFinding(options, spec, host))))];
}

async function apiFinding({ openKube }: ReachOptions, spec: UpgradeSpec): Promise<{ readonly finding: Finding; readonly exposure: readonly Finding[]; readonly nodes: readonly Node[] | null }> {
  try {
    const kube = await openKube(spec.access);
    const [version, nodes] = [await kube.serverVersion(), await kube.listNodes()];
    const message = `The API at ${kube.server} answers with ${version} and ${nodes.length} nodes.`;
    return { finding: { check: 'api-reachable', severity: 'info', node: null, message, next: null }, exposure: exposureFindings(kube), nodes };
  } catch (error) {
    return { finding: findingOfError('api-reachable', null, error), exposure: [], nodes: null };
  }
}

async function hostFinding({ openHosts }: ReachOptions, spec: UpgradeSpec, host: HostAddress): Promise<Finding> {
  try {
    const hosts = await openHosts(spec.access);
    const { exitCode, stdout, stderr } = await hosts.probe(host, WHO_AM_I, []);
    if (exitCode === 0 && stdout.trim() === '0') {
      return { check: 'host-reachable', severity: 'info', node: host.name, message: `SSH to ${host.address}:${host.port} and root work.`, next: null };
    }
    const message = `${host.address}:${host.port} answers, but commands do not run as root there: ${stderr.trim() || stdout.trim()}`;
    return { check: 'host-reachable', severity: 'block', node: host.name, message, next: 'Set access.ssh.become to sudo, or log in as root.' };
  } catch (error) {
    return findingOfError('host-reachable', host.name, error);
  }
}
