import type { ClusterDescription } from '../description.ts';
import type { ApiObject } from '../model.ts';
import { staticPodImages } from '../components.ts';
import { kubeadmObjects, leaseObject, namespaceObject, nodeObject } from './cluster-objects.ts';
import { microTimestamp } from './conditions.ts';
import { withDefaults } from './controllers/new-pod.ts';
import { REVISION_HASH, templateHash } from './controllers/template-hash.ts';
import { ownerOf, podOf, workloadOf } from './kinds.ts';
import type { Machinery } from './machinery.ts';
import { resourceOfKind } from './resources.ts';
import type { StaticPods } from './static-pods.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;
/** Workloads come before the pods that they own, so that these are known as theirs. */
const ORDER = ['Namespace', 'ConfigMap', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'PodDisruptionBudget'];

export interface PopulateOptions {
  readonly description: ClusterDescription;
  readonly machinery: Machinery;
  readonly staticPods: StaticPods;
  /** Address of the node of this place in the description. */
  readonly addressOf: (node: string, place: number) => string;
}

/**
 * Puts everything that a description says into an empty cluster.
 *
 * @throws Error where it holds an object of a kind that the twin does not serve.
 */
export function populate({ description, machinery, staticPods, addressOf }: PopulateOptions): void {
  const { store, clock } = machinery;
  const described = description.objects;
  for (const name of namesOfNamespaces(described)) store.put('namespaces', namespaceObject(name, name === 'kube-system' ? description.clusterUid : undefined));
  for (const [place, node] of description.nodes.entries()) {
    store.put('nodes', nodeObject(node, addressOf(node.name, place), description, clock.now()));
    store.put('leases', leaseObject(node.name, microTimestamp(clock.now())));
  }
  // A description with kubeadm's own configuration comes from a real cluster: what it lacks is not there.
  const complete = described.some((object) => object.kind === 'ConfigMap' && object.metadata.name === 'kubeadm-config');
  for (const [resource, object] of complete ? [] : kubeadmObjects(description)) {
    if (!described.some((other) => other.kind === object.kind && other.metadata.name === object.metadata.name)) store.put(resource, object);
  }
  for (const object of inOrder(described)) store.put(resourceNameOf(object), object.kind === 'Pod' ? adopted(object, machinery) : object);
  for (const node of description.nodes) {
    if (node.role === 'control-plane' && staticPods.of(node.name).length === 0) staticPods.set(node.name, staticPodImages(description.version), 'at once');
  }
}

function namesOfNamespaces(objects: readonly ApiObject[]): ReadonlySet<string> {
  const described = objects.filter((object) => object.kind === 'Namespace').map((object) => object.metadata.name);
  return new Set([...NAMESPACES, ...objects.flatMap((object) => object.metadata.namespace ?? [])].filter((name) => name === 'kube-system' || !described.includes(name)));
}

function inOrder(objects: readonly ApiObject[]): readonly ApiObject[] {
  const rank = (object: ApiObject): number => (ORDER.includes(object.kind) ? ORDER.indexOf(object.kind) : ORDER.length);
  const known = objects.filter((object) => object.kind !== 'Node' && !(object.kind === 'Namespace' && object.metadata.name === 'kube-system'));
  return known.toSorted((one, other) => rank(one) - rank(other));
}

function resourceNameOf(object: ApiObject): string {
  const resource = resourceOfKind(object.kind);
  if (resource !== null) return resource.plural;
  throw new Error(`The twin does not know the kind ${object.kind} (${object.apiVersion}) of ${object.metadata.namespace ?? ''}/${object.metadata.name}: leave it out of the description.`);
}

/** A pod that is there already: its owner's present template counts as the one that it was made from. */
function adopted(object: ApiObject, { store }: Machinery): ApiObject {
  const pod = podOf(object);
  const spec = withDefaults(pod.spec);
  const owner = ownerOf(pod);
  const resource = owner?.kind === 'DaemonSet' ? 'daemonsets' : owner?.kind === 'StatefulSet' ? 'statefulsets' : null;
  const found = owner === null || resource === null ? null : store.get(resource, pod.metadata.namespace ?? null, owner.name);
  if (found === null) return { ...pod, spec };
  return { ...pod, spec, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [REVISION_HASH]: templateHash(workloadOf(found).spec.template) } } };
}
