import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { hostOf } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { repositoryArguments } from '../packages/package-step.ts';
import { fromError, hostFinding } from './host-finding.ts';
import { redactedEnd } from '../redaction/redacted.ts';

const CHECK = 'host-images';
const LIST_MS = 300_000;
const WORKER_IMAGE = /\/(kube-proxy|pause|coredns):/;

interface ListOptions {
  readonly imageRepository: string | null;
  readonly signal: AbortSignal;
}

/** Images of the target by its own kubeadm, or the finding that says why they cannot be listed. */
export async function listImages(hosts: Hosts, node: PlannedNode, spec: UpgradeSpec, { imageRepository, signal }: ListOptions): Promise<string[] | Finding> {
  try {
    const args = [...repositoryArguments(node.to, spec.packages.repository), '--image-repository', imageRepository ?? ''];
    const result = await hosts.probe(hostOf(node), SCRIPTS.listImages, args, { timeoutMs: LIST_MS, signal });
    if (result.exitCode === 0) return result.stdout.split('\n').filter((line) => line !== '');
    const cause = causeIn(result.stderr);
    return hostFinding(CHECK, 'block', node.name, `The images of ${node.to} cannot be listed on ${node.name}: ${cause || 'the command said nothing'}`, /^next: (.*)$/m.exec(result.stderr)?.[1] ?? 'See what the package manager and kubeadm of that host say.');
  } catch (error) {
    signal.throwIfAborted();
    return fromError(hostOf(node), error);
  }
}

/** The script's own cause with the last words of the program that it ran, which come before it. */
function causeIn(stderr: string): string {
  const cause = /^error: (.*)$/m.exec(stderr)?.[1];
  const words = redactedEnd(stderr.replace(/^(error|next): .*$/gm, '').trimEnd(), 400).split('\n').at(-1) ?? '';
  return [cause, words].filter((text) => text !== undefined && text !== '').join(': ');
}

/** The images that a node runs: a worker has no control plane. */
export function imagesFor(node: PlannedNode, images: readonly string[]): readonly string[] {
  return node.roles.includes('control-plane') ? images : images.filter((image) => WORKER_IMAGE.test(image));
}

/**
 * Images that are not on the host yet. Whether one can be had only a pull by the kubelet's own runtime can tell, with its mirrors,
 * credentials and certificates, and that is no reading: staging pulls all of them before the first node is cordoned.
 */
export async function imageFindings(hosts: Hosts, node: PlannedNode, images: readonly string[], signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const result = await hosts.probe(hostOf(node), SCRIPTS.checkImages, images, { timeoutMs: LIST_MS, signal });
    if (result.exitCode !== 0) return [unreadable(node, result.stderr)];
    const lines = result.stdout.split('\n');
    const missing = lines.filter((line) => line.startsWith('missing ')).map((line) => line.slice('missing '.length));
    const present = `${images.length - missing.length} of ${images.length} images are there`;
    if (missing.length === 0) return [hostFinding(CHECK, 'info', node.name, `${present}.`)];
    if (lines.includes('asked crictl')) return [hostFinding(CHECK, 'info', node.name, `${present}; its runtime pulls the others while staging, before any node is cordoned.`)];
    return [hostFinding(
      CHECK, 'warn', node.name,
      `${present}; without crictl the kubelet's own runtime cannot be asked for ${missing.join(', ')}, and ctr would pull them without its mirrors and credentials while staging.`,
      'Install cri-tools on the host, or import these images there.',
    )];
  } catch (error) {
    signal.throwIfAborted();
    return [fromError(hostOf(node), error)];
  }
}

function unreadable(node: PlannedNode, stderr: string): Finding {
  const cause = /^error: (.*)$/m.exec(stderr)?.[1] ?? redactedEnd(stderr, 300);
  return hostFinding(CHECK, 'block', node.name, `The images on ${node.name} cannot be listed: ${cause || 'the command said nothing'}`, /^next: (.*)$/m.exec(stderr)?.[1] ?? 'See what its container runtime says.');
}
