import type { SimulatedCluster } from '../cluster-model.ts';
import { podOf } from '../kinds.ts';
import { discovery, isServedGroup } from './discovery.ts';
import { createDeletions } from './deletions.ts';
import { createEvictions } from './evictions.ts';
import { createLists } from './lists.ts';
import { createPatch } from './patches.ts';
import type { Outgoing } from './outgoing.ts';
import { parseBody } from './request.ts';
import type { Reply, ResourceRequest } from './request.ts';
import { routeOf } from './route.ts';
import type { Route } from './route.ts';
import { createScales } from './scales.ts';
import { selectionOf } from './selectors.ts';
import { methodNotAllowed, noSuchResource, notFound } from './status.ts';
import { createWatches } from './watches.ts';
import type { Watches } from './watches.ts';
import { createWrites } from './writes.ts';

/** A request as it came in. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly text: string;
  readonly contentType: string;
  readonly userAgent: string;
}

/** The API without its sockets. */
export interface Api {
  /** Null where a watch has taken the response. @throws Refused */
  answer(request: HttpRequest, response: Outgoing): Reply | null;
  readonly watches: Watches;
  compact(): void;
}

const CHECKS = ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', 'poststarthook/start-apiserver-admission-initializer', 'poststarthook/rbac/bootstrap-roles', 'shutdown'];

export function createApi(cluster: SimulatedCluster): Api {
  const { store } = cluster;
  const lists = createLists(cluster);
  const watches = createWatches(cluster);
  const writes = createWrites(cluster);
  const patch = createPatch(cluster, writes);
  const scale = createScales(cluster, writes);
  const evict = createEvictions(cluster);
  const remove = createDeletions(cluster);

  function answer(request: HttpRequest, response: Outgoing): Reply | null {
    const plain = plainReply(cluster, request);
    if (plain !== null) return plain;
    const route = routeOf(request.path);
    if (route === null) {
      if (isServedGroup(request.path)) throw noSuchResource();
      return { status: 404, body: '404 page not found\n' };
    }
    const { method, query, contentType, userAgent } = request;
    const asked: ResourceRequest = { method, route, query, contentType, userAgent, body: method === 'PATCH' ? null : bodyOf(request.text, route) };
    if (route.subresource === 'eviction') return method === 'POST' ? evict(asked) : refuseMethod();
    if (route.subresource === 'scale') return scale(asked, request.text);
    return route.name === null ? onCollection(asked, response) : onObject(asked, request.text, route.name, response);
  }

  function onCollection(request: ResourceRequest, response: Outgoing): Reply | null {
    const { route, method, query } = request;
    if (method === 'GET') {
      const selection = selectionOf(route.resource.plural, route.namespace, query);
      if (query.get('watch') !== 'true' && query.get('watch') !== '1') return { status: 200, body: lists.list(route.resource, selection, query) };
      watches.open(route.resource, selection, query, response);
      return null;
    }
    if (method === 'POST' && (route.namespace !== null || !route.resource.namespaced)) return writes.create(request);
    if (method === 'DELETE') return deleteCollection(request);
    return refuseMethod();
  }

  function onObject(request: ResourceRequest, text: string, name: string, response: Outgoing): Reply | null {
    const { route, method, query } = request;
    switch (method) {
      case 'GET': {
        if (query.get('watch') === 'true') {
          query.set('fieldSelector', `metadata.name=${name}`);
          watches.open(route.resource, selectionOf(route.resource.plural, route.namespace, query), query, response);
          return null;
        }
        const found = store.get(route.resource.plural, route.namespace, name);
        if (found === null) throw notFound(route.resource, name);
        return { status: 200, body: found };
      }
      case 'PUT':
        return writes.update(request);
      case 'PATCH':
        return patch(request, text);
      case 'DELETE':
        return route.subresource === null ? remove(request) : refuseMethod();
      default:
        return refuseMethod();
    }
  }

  function deleteCollection(request: ResourceRequest): Reply {
    const { resource, namespace } = request.route;
    const selection = selectionOf(resource.plural, namespace, request.query);
    const listed = store.list(resource.plural).filter((object) => (namespace === null || object.metadata.namespace === namespace) && (selection.labels?.(object.metadata.labels ?? {}) ?? true));
    for (const object of listed) remove({ ...request, route: { ...request.route, namespace: object.metadata.namespace ?? null, name: object.metadata.name } });
    return { status: 200, body: lists.list(resource, selection, new URLSearchParams()) };
  }

  return {
    answer,
    watches,
    compact: () => {
      store.compact();
      lists.expire();
      watches.endAll();
    },
  };
}

/** What is no resource: version, health, discovery. Null for the rest. */
function plainReply(cluster: SimulatedCluster, { method, path, query }: HttpRequest): Reply | null {
  if (path === '/version' || path === '/version/') return { status: 200, body: versionBody(serverVersion(cluster)) };
  const health = /^\/(readyz|livez|healthz)$/.exec(path)?.[1];
  if (health !== undefined) return { status: 200, body: query.has('verbose') ? `${CHECKS.map((check) => `[+]${check} ok`).join('\n')}\n${health} check passed\n` : 'ok' };
  if (method !== 'GET') return null;
  const body = discovery(path, '127.0.0.1:6443');
  return body === null ? null : { status: 200, body };
}

/** Of the control-plane node that is described first: every server behind a balancer may answer. */
function serverVersion({ store, description }: SimulatedCluster): string {
  for (const { name, role } of description.nodes) {
    const pod = role === 'control-plane' ? store.get('pods', 'kube-system', `kube-apiserver-${name}`) : null;
    const tag = pod === null ? undefined : podOf(pod).spec.containers[0]?.image?.split(':').at(-1);
    if (tag !== undefined) return tag;
  }
  return description.version;
}

function versionBody(gitVersion: string): unknown {
  const [, major = '1', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return { major, minor, gitVersion, gitCommit: '', gitTreeState: 'clean', buildDate: '2026-01-01T00:00:00Z', goVersion: 'go1.24', compiler: 'gc', platform: 'linux/amd64' };
}

function bodyOf(text: string, { resource }: Route): unknown {
  return text === '' ? null : parseBody(text, `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: json parse error`);
}

function refuseMethod(): never {
  throw methodNotAllowed();
}

