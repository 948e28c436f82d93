/** A kind of object that the API serves. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly ('status' | 'scale' | 'eviction')[];
}

function resource(group: string, kind: string, plural: string, options: { readonly namespaced?: boolean; readonly version?: string; readonly shortNames?: readonly string[]; readonly subresources?: Resource['subresources'] } = {}): Resource {
  const { namespaced = true, version = 'v1', shortNames = [], subresources = [] } = options;
  return { group, version, plural, kind, singular: kind.toLowerCase(), namespaced, shortNames, subresources };
}

/** What the twin serves. Anything else is unknown to it, as a kind without its definition is to a real server. */
export const RESOURCES: readonly Resource[] = [
  resource('', 'ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  resource('', 'Event', 'events', { shortNames: ['ev'] }),
  resource('', 'Namespace', 'namespaces', { namespaced: false, shortNames: ['ns'], subresources: ['status'] }),
  resource('', 'Node', 'nodes', { namespaced: false, shortNames: ['no'], subresources: ['status'] }),
  resource('', 'PersistentVolumeClaim', 'persistentvolumeclaims', { shortNames: ['pvc'], subresources: ['status'] }),
  resource('', 'PersistentVolume', 'persistentvolumes', { namespaced: false, shortNames: ['pv'], subresources: ['status'] }),
  resource('', 'Pod', 'pods', { shortNames: ['po'], subresources: ['eviction', 'status'] }),
  resource('', 'Secret', 'secrets'),
  resource('', 'Service', 'services', { shortNames: ['svc'], subresources: ['status'] }),
  resource('', 'ServiceAccount', 'serviceaccounts', { shortNames: ['sa'] }),
  resource('admissionregistration.k8s.io', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', { namespaced: false }),
  resource('admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', { namespaced: false }),
  resource('apps', 'DaemonSet', 'daemonsets', { shortNames: ['ds'], subresources: ['status'] }),
  resource('apps', 'Deployment', 'deployments', { shortNames: ['deploy'], subresources: ['scale', 'status'] }),
  resource('apps', 'ReplicaSet', 'replicasets', { shortNames: ['rs'], subresources: ['scale', 'status'] }),
  resource('apps', 'StatefulSet', 'statefulsets', { shortNames: ['sts'], subresources: ['scale', 'status'] }),
  resource('batch', 'Job', 'jobs', { subresources: ['status'] }),
  resource('coordination.k8s.io', 'Lease', 'leases'),
  resource('discovery.k8s.io', 'EndpointSlice', 'endpointslices'),
  resource('policy', 'PodDisruptionBudget', 'poddisruptionbudgets', { shortNames: ['pdb'], subresources: ['status'] }),
  resource('rbac.authorization.k8s.io', 'ClusterRole', 'clusterroles', { namespaced: false }),
  resource('rbac.authorization.k8s.io', 'ClusterRoleBinding', 'clusterrolebindings', { namespaced: false }),
  resource('storage.k8s.io', 'StorageClass', 'storageclasses', { namespaced: false, shortNames: ['sc'] }),
];

export function apiVersionOf(served: Resource): string {
  return served.group === '' ? served.version : `${served.group}/${served.version}`;
}

/** Null where the twin does not serve it. */
export function resourceOfKind(kind: string): Resource | null {
  return RESOURCES.find((candidate) => candidate.kind === kind) ?? null;
}

export function resourceAt(group: string, version: string, plural: string): Resource | null {
  return RESOURCES.find((candidate) => candidate.group === group && candidate.version === version && candidate.plural === plural) ?? null;
}
