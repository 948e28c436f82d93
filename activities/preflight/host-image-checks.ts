import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { hostOf } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { repositoryArguments } from '../packages/package-step.ts';
import { fromError, hostFinding } from './host-finding.ts';
import { redactedEnd, redactedStart } from '../redaction/redacted.ts';

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
    const cause = /^error: (.*)$/m.exec(result.stderr)?.[1] ?? redactedEnd(result.stderr, 400);
    return hostFinding(CHECK, 'block', node.name, `The images of ${node.to} cannot be listed on ${node.name}: ${cause}`, 'The package kubeadm of the target must be in the repository.');
  } catch (error) {
    signal.throwIfAborted();
    return fromError(hostOf(node), error);
  }
}

/** The images that a node runs: a worker has no control plane. */
export function imagesFor(node: PlannedNode, images: readonly string[]): readonly string[] {
  return node.roles.includes('control-plane') ? images : images.filter((image) => WORKER_IMAGE.test(image));
}

/** Images that are neither on the host nor to be had for it. */
export async function imageFindings(hosts: Hosts, node: PlannedNode, images: readonly string[], signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const result = await hosts.probe(hostOf(node), SCRIPTS.checkImages, images, { timeoutMs: LIST_MS, signal });
    if (result.exitCode !== 0) return [hostFinding(CHECK, 'block', node.name, `The images on ${node.name} cannot be listed: ${/^error: (.*)$/m.exec(result.stderr)?.[1] ?? redactedEnd(result.stderr, 300)}`, 'See what its container runtime says.')];
    const missing = result.stdout.split('\n').filter((line) => line.startsWith('missing ')).map(missingImage);
    const findings = missing.flatMap(({ image, state, reason }) => missingFinding(node, image, state, reason));
    if (findings.length > 0) return findings;
    const rest = missing.length === 0 ? '' : `, ${missing.length} can be pulled`;
    return [hostFinding(CHECK, 'info', node.name, `${images.length - missing.length} of ${images.length} images are there${rest}.`)];
  } catch (error) {
    signal.throwIfAborted();
    return [fromError(hostOf(node), error)];
  }
}

function missingImage(line: string): { readonly image: string; readonly state: string; readonly reason: string } {
  const [, image = '', state = '', ...reason] = line.split(' ');
  return { image, state, reason: reason.join(' ') };
}

function missingFinding(node: PlannedNode, image: string, state: string, reason: string): readonly Finding[] {
  if (state === 'pullable') return [];
  if (state === 'unknown') return [hostFinding(CHECK, 'warn', node.name, `the image ${image} is not there yet, and whether it can be pulled shows while staging, before any change.`)];
  return [hostFinding(CHECK, 'block', node.name, `the image ${image} is not there and cannot be pulled: ${redactedStart(reason, 300)}`, 'Import it on the host, or let the host reach its registry.')];
}
