import type { Interceptor } from '../../../simulator/api/serve.ts';
import { GENERATED_TARGET } from '../../../simulator/generate.ts';
import type { Twin } from '../../../simulator/twin.ts';
import { isCordoned, kubeletVersionOf, nodeNameOf, taintsOf } from '../objects.ts';
import type { Moment } from '../catalogue/moments.ts';

export type ApiRequest = Parameters<Interceptor>[0];

const PENDING = 'capstan.dev/pending-upgrade';
const NODE = /^\/api\/v1\/nodes\/([^/]+)$/;
const EVICTION = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction$/;

const KUBEADM_CONFIG = '/configmaps/kubeadm-config';
const BUDGETS = '/apis/policy/v1/poddisruptionbudgets';

/** Names of the objects of the add-on that a twin's spec may have, in the order in which they are applied. */
export const ADDON_FIRST = 'addon-settings';
export const ADDON_SECOND = 'addon';

/** Whether a request is the first sign of a moment; null where no request is one. `node` null is any node. */
export function requestSign(moment: Moment, node: string | null, twin: Twin): ((request: ApiRequest) => boolean) | null {
  switch (moment) {
    case 'planUpgrade.during': return ({ method, path }) => method === 'GET' && path.endsWith(KUBEADM_CONFIG) && !hasLease(twin);
    case 'acquireLease.before': return ({ method, path }) => method === 'POST' && path.endsWith('/namespaces/kube-system/leases');
    case 'taintNodes.before': return (request) => isNodeChange(request, null) && request.text.includes(PENDING) && !request.text.includes('unschedulable');
    case 'observeDrains.during': return ({ method, path }) => method === 'GET' && path === BUDGETS && hasTaint(twin);
    case 'releaseTaints.before': return (request) => isTaintRelease(request, twin);
    case 'upgradeAddon.before': return (request) => isApplied(request, ADDON_FIRST);
    case 'upgradeAddon.during': return (request) => isApplied(request, ADDON_SECOND);
    case 'upgradeAddon.after': return ({ method, path }) => method === 'GET' && path.endsWith(`/deployments/${ADDON_SECOND}`);
    case 'cordonNode.before':
    case 'drainNode.before': return (request) => isNodeChange(request, node) && request.text.includes('"unschedulable":true');
    case 'drainNode.during': return (request) => evictedFrom(request, twin) === node && node !== null;
    case 'waitNodeReady.before': return ({ path, query }) => path.includes('kube-node-lease') && (query.get('fieldSelector') ?? '').endsWith(`=${node ?? ''}`) && isAtTarget(twin, node);
    case 'uncordonNode.before': return (request) => isNodeChange(request, node) && request.text.includes('"unschedulable":null');
    case 'verifyCluster.during': return ({ method, path }) => method === 'GET' && path.endsWith(KUBEADM_CONFIG) && twin.journal.all().some(({ effect }) => effect === 'uncordoned');
    case 'verifyRestore.during': return ({ method, path }) => method === 'GET' && path.endsWith(KUBEADM_CONFIG) && isRestored(twin);
    case 'verifyRestore.after': return ({ method, path }) => method === 'DELETE' && path.endsWith('/leases/capstan-upgrade') && isRestored(twin);
    case 'releaseLease.before': return ({ method, path }) => method === 'DELETE' && path.endsWith('/leases/capstan-upgrade');
    default: return null;
  }
}

/** The pod whose eviction a request asks for; null where it asks for something else. */
export function evictedPod({ method, path }: ApiRequest): { readonly namespace: string; readonly name: string } | null {
  const found = method === 'POST' ? EVICTION.exec(path) : null;
  return found === null ? null : { namespace: found[1] ?? '', name: found[2] ?? '' };
}

function evictedFrom(request: ApiRequest, { model }: Twin): string | null {
  const pod = evictedPod(request);
  const found = pod === null ? null : model.store.get('pods', pod.namespace, pod.name);
  return found === null ? null : nodeNameOf(found);
}

function hasLease({ model }: Twin): boolean {
  return model.store.get('leases', 'kube-system', 'capstan-upgrade') !== null;
}

function isRestored({ journal }: Twin): boolean {
  return journal.all().some(({ effect }) => effect === 'etcd restored');
}

function hasTaint({ model }: Twin): boolean {
  return model.store.list('nodes').some((node) => taintsOf(node).includes(PENDING));
}

/** The soft taint leaves a worker that is upgraded with the change that cordons it; one that comes without is a release. */
function isTaintRelease(request: ApiRequest, twin: Twin): boolean {
  const name = NODE.exec(request.path)?.[1];
  const node = name === undefined ? null : twin.model.store.get('nodes', null, name);
  if (request.method !== 'PATCH' || node === null || !taintsOf(node).includes(PENDING)) return false;
  return request.text.includes('taints') && !request.text.includes(PENDING) && !request.text.includes('unschedulable');
}

function isApplied({ method, path, contentType }: ApiRequest, name: string): boolean {
  return method === 'PATCH' && contentType.startsWith('application/apply-patch') && path.endsWith(`/${name}`);
}

function isNodeChange({ method, path }: ApiRequest, node: string | null): boolean {
  return method === 'PATCH' && (node === null ? NODE.test(path) : path === `/api/v1/nodes/${node}`);
}

function isAtTarget({ model }: Twin, node: string | null): boolean {
  const found = node === null ? null : model.store.get('nodes', null, node);
  return found !== null && kubeletVersionOf(found) === GENERATED_TARGET && isCordoned(found);
}
