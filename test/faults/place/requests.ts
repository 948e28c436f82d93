import type { Interceptor } from '../../../simulator/api/serve.ts';
import { GENERATED_TARGET } from '../../../simulator/generate.ts';
import type { Twin } from '../../../simulator/twin.ts';
import { isCordoned, kubeletVersionOf, nodeNameOf } from '../objects.ts';
import type { Moment } from '../catalogue/moments.ts';

export type ApiRequest = Parameters<Interceptor>[0];

const PENDING = 'capstan.dev/pending-upgrade';
const EVICTION = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction$/;

/** Whether a request is the first sign of a moment; null where no request is one. `node` null is any node. */
export function requestSign(moment: Moment, node: string | null, twin: Twin): ((request: ApiRequest) => boolean) | null {
  switch (moment) {
    case 'acquireLease.before': return ({ method, path }) => method === 'POST' && path.endsWith('/namespaces/kube-system/leases');
    case 'taintNodes.before': return (request) => isNodeChange(request, null) && request.text.includes(PENDING) && !request.text.includes('unschedulable');
    case 'drainNode.before': return (request) => isNodeChange(request, node) && request.text.includes('"unschedulable":true');
    case 'drainNode.during': return (request) => evictedFrom(request, twin) === node && node !== null;
    case 'waitNodeReady.before': return ({ path, query }) => path.includes('kube-node-lease') && (query.get('fieldSelector') ?? '').endsWith(`=${node ?? ''}`) && isAtTarget(twin, node);
    case 'uncordonNode.before': return (request) => isNodeChange(request, node) && request.text.includes('"unschedulable":null');
    case 'verifyCluster.during': return ({ method, path }) => method === 'GET' && path.endsWith('/configmaps/kubeadm-config') && twin.journal.all().some(({ effect }) => effect === 'uncordoned');
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

function isNodeChange({ method, path }: ApiRequest, node: string | null): boolean {
  return method === 'PATCH' && (node === null ? /^\/api\/v1\/nodes\/[^/]+$/.test(path) : path === `/api/v1/nodes/${node}`);
}

function isAtTarget({ model }: Twin, node: string | null): boolean {
  const found = node === null ? null : model.store.get('nodes', null, node);
  return found !== null && kubeletVersionOf(found) === GENERATED_TARGET && isCordoned(found);
}
