import { STATIC_COMPONENTS } from '../../workflows/domain/observation.ts';
import type { StaticComponent } from '../../workflows/domain/observation.ts';
import type { Container, Node, OwnerReference, Pod } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { isMirror } from '../nodes/ready.ts';

export const CONTROL_PLANE_COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** Programs that start another one: of them only the container's name says which. */
const STARTERS = new Set(['sh', 'bash', 'dash', 'ash', 'env', 'tini', 'dumb-init', 'nice', 'ionice', 'taskset', 'go-runner']);

/**
 * Mirrors of static pods in kube-system. Only they have no service account: the API server gives one to every other pod and refuses it
 * to them. Labels are not asked: whoever writes a manifest may leave them out.
 */
export async function listStaticPods(kube: Pick<Kube, 'listPods'>): Promise<readonly Pod[]> {
  const pods = await kube.listPods({ namespace: 'kube-system', serviceAccount: '' });
  return pods.filter((pod) => ownerOf(pod) !== null);
}

/** True where the kubelet of this very node shows a static pod by it: one left of a former node of the name is not. */
export function isMirrorOf(pod: Pod, { metadata: { name, uid } }: Pick<Node, 'metadata'>): boolean {
  return pod.spec.nodeName === name && ownerOf(pod)?.uid === uid;
}

/** The node that a mirror pod runs on and belongs to; null for any other pod. */
function ownerOf(pod: Pod): OwnerReference | null {
  if (!isMirror(pod)) return null;
  return pod.metadata.ownerReferences?.find((owner) => owner.kind === 'Node' && owner.name === pod.spec.nodeName) ?? null;
}

/** Which component a static pod runs, by what its containers start; null where it is another one's. Labels do not count. */
export function componentOf(pod: Pod): StaticComponent | null {
  for (const container of pod.spec.containers) {
    const component = startedBy(container);
    if (component !== null) return component;
  }
  return null;
}

/** The static pod of a component on a node, of those that `listStaticPods` gives. */
export function staticPodOf(pods: readonly Pod[], component: string, node: string): Pod | null {
  return pods.find((pod) => pod.spec.nodeName === node && componentOf(pod) === component) ?? null;
}

/** Tag of the image of the pod's component, else of its first: `v1.34.4`; null where it has none. */
export function imageTag(pod: Pod | null): string | null {
  const containers = pod?.spec.containers ?? [];
  const image = (containers.find((container) => startedBy(container) !== null) ?? containers[0])?.image ?? '';
  return /:([\w][\w.-]*)(?:@sha256:[0-9a-f]+)?$/.exec(image)?.[1] ?? null;
}

/** The program counts. Where the image brings it, or another program starts it, the container's name does, and then the image's. */
function startedBy({ name, image = '', command = [] }: Container): StaticComponent | null {
  const program = baseName(command[0] ?? '');
  if (program !== '' && !STARTERS.has(program)) return known(program);
  return known(name) ?? (program === '' ? known(baseName(image.replace(/@.*$/, '').replace(/:[^/:]*$/, ''))) : startedInside(command));
}

/** `sh -c "exec etcd …"`, `go-runner … kube-apiserver …`. */
function startedInside(command: readonly string[]): StaticComponent | null {
  const words = command.slice(1).flatMap((part) => part.split(/[\s;&|]+/)).map(baseName);
  return STATIC_COMPONENTS.find((component) => words.includes(component)) ?? null;
}

function known(name: string): StaticComponent | null {
  return STATIC_COMPONENTS.find((component) => component === name) ?? null;
}

function baseName(path: string): string {
  return path.replace(/^.*\//, '');
}
