import type { PlannedNode } from '../../workflows/domain/plan.ts';
import { movedImages } from '../../workflows/domain/image-repository.ts';
import { movedVersions } from '../../workflows/domain/moved-versions.ts';
import type { ControlPlaneVersions, VersionedStep } from '../../workflows/domain/moved-versions.ts';
import type { VersionedItem } from '../../workflows/domain/skew.ts';
import type { ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import type { Pod } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { isReady } from '../nodes/ready.ts';
import { readKubeadmConfig } from '../observe/kubeadm-config.ts';
import { componentOf, imageTag, listStaticPods, staticPodOf } from '../observe/static-pods.ts';
import { stepError } from '../step-error.ts';

const API_SERVER = 'kube-apiserver';

export type ControlPlaneKube = Pick<Kube, 'getNode' | 'listPods' | 'getConfigMap' | 'serverVersion'>;

/** The control plane as its API has it right before a step. */
export interface ControlPlaneNow {
  readonly staticPods: readonly Pod[];
  readonly kubeadmConfig: string | null;
  /** Of kubeadm-config. */
  readonly imageRepository: string | null;
  /** Version of the API server that answered. */
  readonly answering: string;
}

export async function readControlPlane(kube: ControlPlaneKube): Promise<ControlPlaneNow> {
  const [staticPods, config, answering] = await Promise.all([listStaticPods(kube), readKubeadmConfig(kube), kube.serverVersion()]);
  return { staticPods, kubeadmConfig: config?.kubernetesVersion ?? null, imageRepository: config?.imageRepository ?? null, answering };
}

/** Of many nodes whose steps begin together one asks: a control plane does not move on within it. */
const SHARED_MS = 2_000;
const shared = new WeakMap<ControlPlaneKube, { readonly sinceMs: number; readonly read: Promise<ControlPlaneNow> }>();

/** As `readControlPlane`, as it was two seconds ago at most. */
export function readControlPlaneTogether(kube: ControlPlaneKube): Promise<ControlPlaneNow> {
  const known = shared.get(kube);
  if (known !== undefined && performance.now() - known.sinceMs < SHARED_MS) return known.read;
  const made = { sinceMs: performance.now(), read: readControlPlane(kube) };
  shared.set(kube, made);
  // What fails is asked for again by the next one.
  made.read.catch(() => { if (shared.get(kube) === made) shared.delete(kube); });
  return made.read;
}

/**
 * The versions are those that the plan was made for, or on their way there. Failure: ClusterMoved.
 *
 * @param manifests Images that the step's host has in its manifests, where they were read.
 */
export function requireUnmoved(now: ControlPlaneNow, node: PlannedNode, step: VersionedStep, manifests: readonly VersionedItem[] = []): void {
  refuse(node, movedVersions(versionsOf(now, node.name, manifests), node.to, step));
}

/** kubeadm takes the images of the control plane from where the plan says. Failure: ClusterMoved. */
export function requireImages(now: ControlPlaneNow, { node, imageRepository }: ControlPlaneStepInput): void {
  const lines = movedImages(imageRepository, now.imageRepository);
  if (lines.length === 0) return;
  throw stepError(
    'ClusterMoved', `${node.name} is not brought to ${node.to}: its images would not come from where the approved plan says: ${lines.join('; ')}.`,
    `Put it back in the ConfigMap kubeadm-config (kube-system), then \`capstan retry ${node.name}\`; where it is to stay, \`capstan cancel\` and make a new plan.`,
  );
}

/** The same of what the host itself has, where no API server answers that could say more. Failure: ClusterMoved. */
export function requireUnmovedManifests(node: PlannedNode, manifests: readonly VersionedItem[]): void {
  refuse(node, movedVersions({ kubeadmConfig: null, apiServers: [], own: null, manifests }, node.to, 'apply'));
}

function refuse(node: PlannedNode, lines: readonly string[]): void {
  if (lines.length === 0) return;
  throw stepError(
    'ClusterMoved', `${node.name} is not brought to ${node.to}: the control plane is no longer what the plan was made for: ${lines.join('; ')}.`,
    `See \`kubectl -n kube-system get pods -l component=kube-apiserver -o wide\`. Where somebody upgraded it, \`capstan cancel\` and make a new plan; where an API server is behind, bring it to its version, then \`capstan retry ${node.name}\`.`,
  );
}

function versionsOf({ staticPods, kubeadmConfig, answering }: ControlPlaneNow, own: string, manifests: readonly VersionedItem[]): ControlPlaneVersions {
  const apiServers = staticPods.filter((pod) => componentOf(pod) === API_SERVER).flatMap((pod) => {
    const version = versionOfTag(imageTag(pod));
    return version === null ? [] : [{ item: `${API_SERVER} of node ${pod.spec.nodeName ?? 'unknown'}`, version }];
  });
  return { kubeadmConfig, apiServers: [...apiServers, { item: 'the API server that answers', version: answering }], own: versionOfTag(imageTag(staticPodOf(staticPods, API_SERVER, own))), manifests };
}

/** kubeadm writes a plus as an underscore. */
export function versionOfTag(tag: string | null): string | null {
  return tag?.replace('_', '+') ?? null;
}

/**
 * API servers beside the node's own that are not up, a line each: kubeadm takes this node's away for a while. Those of `expected` must
 * be there; any other that has a mirror pod must be Ready.
 */
export function otherApiServersDown({ staticPods }: ControlPlaneNow, own: string, expected: readonly string[]): readonly string[] {
  const pods = staticPods.filter((pod) => componentOf(pod) === API_SERVER && pod.spec.nodeName !== own);
  const absent = expected.filter((name) => name !== own && !pods.some((pod) => pod.spec.nodeName === name));
  return [
    ...absent.map((name) => `${API_SERVER} of node ${name} is not there`),
    ...pods.filter((pod) => !isReady(pod)).map((pod) => `${API_SERVER} of node ${pod.spec.nodeName ?? 'unknown'} is not Ready`),
  ];
}
