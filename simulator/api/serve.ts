import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedCluster } from './cluster-model.ts';
import { createApi } from './http/api.ts';
import type { HttpRequest } from './http/api.ts';
import type { Outgoing } from './http/outgoing.ts';
import type { Reply } from './http/request.ts';
import { startHttpServer } from './http/server.ts';
import { Refused, statusBody } from './http/status.ts';

/** What a fault does with a request instead of, or before, its answer. */
export type Interception =
  /** The server says this status; `message` in its body. */
  | { readonly kind: 'status'; readonly code: number; readonly message?: string; readonly retryAfterSeconds?: number }
  /** The answer comes this much later, ms of this machine's time. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer ever comes. */
  | { readonly kind: 'hang' }
  /** The connection breaks before the server has seen the request. */
  | { readonly kind: 'cut' }
  /** The server does what was asked, and the connection breaks before its answer. */
  | { readonly kind: 'cut-after' };

/** Sees each request first; null lets it pass. */
export type Interceptor = (request: Pick<HttpRequest, 'method' | 'path' | 'query' | 'text' | 'contentType'>) => Interception | null;

export interface ServeOptions {
  /** Default: any free one. */
  readonly port?: number;
}

/** A cluster's API over HTTPS on this machine. */
export interface ServedApi {
  readonly url: string;
  readonly port: number;
  /** Text of a kubeconfig that gets in. */
  readonly kubeconfig: string;
  /** How many requests there were, by verb and kind of path: `GET nodes`, `WATCH pods`, `POST pods/eviction`. */
  readonly requests: ReadonlyMap<string, number>;
  /** TLS connections so far, and now. */
  readonly connections: { readonly opened: number; readonly open: number };
  /** Watches that are open. */
  readonly watches: number;
  /** Adds an interceptor; the first that answers counts. Returns how to take it away. */
  intercept(interceptor: Interceptor): () => void;
  /** Watches that are open stay open and say nothing any more; later ones speak. */
  silenceWatches(): void;
  /** Breaks every connection, as a load balancer does when its server goes away. */
  cutConnections(): void;
  /** Forgets all events: watches end, and going on from an older version is answered with 410. */
  compact(): void;
  /** Ends everything that it opened. */
  stop(): Promise<void>;
}

/** Serves a cluster model's API. */
export async function serveApi(cluster: SimulatedCluster, options: ServeOptions = {}): Promise<ServedApi> {
  const api = createApi(cluster);
  const interceptors = new Set<Interceptor>();
  const requests = new Map<string, number>();
  const stopped = new AbortController();

  async function handle(request: HttpRequest, response: Outgoing): Promise<Reply | null> {
    const kind = kindOf(request);
    requests.set(kind, (requests.get(kind) ?? 0) + 1);
    const interception = firstAnswer(interceptors, request);
    switch (interception?.kind) {
      case undefined:
        break;
      case 'status':
        throw new Refused({ code: interception.code, reason: reasonOf(interception.code), message: interception.message ?? 'the twin was told to fail', ...(interception.retryAfterSeconds === undefined ? {} : { retryAfter: interception.retryAfterSeconds }) });
      case 'delay':
        await sleep(interception.ms, undefined, { signal: stopped.signal }).catch(() => undefined);
        break;
      case 'hang':
        return null;
      case 'cut':
        response.cut();
        return null;
      case 'cut-after':
        answered(request, response);
        response.cut();
        return null;
    }
    return api.answer(request, response);
  }

  function answered(request: HttpRequest, response: Outgoing): unknown {
    try {
      return api.answer(request, response);
    } catch (error) {
      return error instanceof Refused ? statusBody(error.refusal) : error;
    }
  }

  const server = await startHttpServer(cluster.description.name, options.port ?? 0, handle);
  return {
    url: `https://127.0.0.1:${server.port}`,
    port: server.port,
    kubeconfig: server.kubeconfig,
    requests,
    connections: server.connections,
    get watches() {
      return api.watches.count;
    },
    intercept: (interceptor) => {
      interceptors.add(interceptor);
      return () => {
        interceptors.delete(interceptor);
      };
    },
    silenceWatches: api.watches.silence,
    cutConnections: server.cutConnections,
    compact: api.compact,
    stop: async () => {
      stopped.abort();
      api.watches.stop();
      await server.stop();
    },
  };
}

function firstAnswer(interceptors: ReadonlySet<Interceptor>, request: HttpRequest): Interception | null {
  for (const interceptor of interceptors) {
    const answer = interceptor(request);
    if (answer !== null) return answer;
  }
  return null;
}

/** `/api/v1/namespaces/x/pods/y/eviction` is `pods/eviction`: names are left out. */
function kindOf({ method, path, query }: HttpRequest): string {
  const verb = query.get('watch') === 'true' ? 'WATCH' : method;
  const parts = path.replace(/^\/(api\/v1|apis\/[^/]+\/[^/]+)\//, '').split('/');
  if (parts.length === path.split('/').length) return `${verb} ${path}`;
  const [plural = '', , sub] = parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  return `${verb} ${plural}${sub === undefined ? '' : `/${sub}`}`;
}

function reasonOf(code: number): string {
  switch (code) {
    case 429:
      return 'TooManyRequests';
    case 500:
      return 'InternalError';
    case 503:
      return 'ServiceUnavailable';
    case 504:
      return 'Timeout';
    default:
      return '';
  }
}
