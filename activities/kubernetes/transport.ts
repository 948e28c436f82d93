import { IsomorphicFetchHttpLibrary, RequestContext } from '@kubernetes/client-node';
import type { HttpMethod, KubeConfig, ResponseContext } from '@kubernetes/client-node';
import { stepError } from '../step-error.ts';
import type { Status } from './objects.ts';
import { redactedStart } from '../redaction/redacted.ts';

/** A read or write that takes longer than this has lost its server: the client library itself never gives up. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface ApiRequest {
  readonly method: HttpMethod;
  /** Path with query, such as `/api/v1/nodes?limit=500`. */
  readonly path: string;
  readonly body?: unknown;
  /** Default `application/json`; a PATCH always names its own. */
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Resource in words for messages, such as `nodes/w1`; default is the path. */
  readonly about?: string;
}

export interface ApiAnswer<T> {
  readonly status: number;
  readonly body: T;
  /** What the API says of a refusal; empty object where it says nothing. */
  readonly refusal: Status;
  readonly retryAfterMs: number | null;
}

/** A connection without a request is kept for this long: steps on hosts often take longer than the 4 s of the library underneath. */
const KEEP_ALIVE_MS = 120_000;

/** HTTP to one API server address, with the credentials of its kubeconfig. Knows nothing of resources. */
export interface Transport {
  readonly server: string;
  /** Any answer of the API is returned, but 401, 403, 429 and 5xx are failures unless listed in `accept`. */
  request<T>(request: ApiRequest, accept?: readonly number[]): Promise<ApiAnswer<T>>;
  /** A response that goes on: its lines. Ends when the server ends it or the signal aborts. */
  lines(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator<string, { readonly status: number }>;
}

export function createTransport(config: KubeConfig): Transport {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw stepError('SpecInvalid', 'The kubeconfig names no current context with a cluster.', 'Set one with `kubectl config use-context NAME` in the file that spec.access.kubeconfig names.');
  const server = cluster.server.replace(/\/+$/, '');
  keepDispatcher(config);
  const http = new IsomorphicFetchHttpLibrary();

  async function send(request: ApiRequest, signal: AbortSignal): Promise<ResponseContext> {
    const context = new RequestContext(`${server}${request.path}`, request.method);
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('User-Agent', 'capstan');
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
    }
    await config.applySecurityAuthentication(context);
    context.setSignal(signal);
    return http.send(context).toPromise();
  }

  async function once(request: ApiRequest): Promise<{ readonly response: ResponseContext; readonly text: string }> {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    try {
      const response = await send(request, signal);
      return { response, text: await response.body.text() };
    } catch (error) {
      request.signal?.throwIfAborted();
      throw unreachable(server, request, timeout.aborted ? `no answer within ${(request.timeoutMs ?? REQUEST_TIMEOUT_MS) / 1000} s` : causeOf(error));
    }
  }

  async function request<T>(request: ApiRequest, accept: readonly number[] = []): Promise<ApiAnswer<T>> {
    const { response, text } = await once(request);
    const status = response.httpStatusCode;
    const refusal: Status = status < 400 ? {} : parseStatus(text);
    const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN);
    if (!accept.includes(status)) refuse(server, request, status, refusal);
    return { status, body: parseBody<T>(text), refusal, retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : null };
  }

  async function* lines(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator<string, { readonly status: number }> {
    const response = await send({ method: 'GET', path }, signal);
    if (response.httpStatusCode !== 200) {
      await response.body.text();
      return { status: response.httpStatusCode };
    }
    onOpen();
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body.stream() ?? []) {
      rest += decoder.decode(chunk, { stream: true });
      const complete = rest.split('\n');
      rest = complete.pop() ?? '';
      for (const line of complete) if (line !== '') yield line;
    }
    return { status: 200 };
  }

  return { server, request, lines };
}

/**
 * The client library makes a new dispatcher, thus a new TLS connection, for each call. Keep one for each set of credentials,
 * so that a rotated certificate still gets its own.
 */
function keepDispatcher(config: KubeConfig): void {
  const create: unknown = Reflect.get(config, 'createDispatcher');
  if (typeof create !== 'function') throw new Error('@kubernetes/client-node has no KubeConfig.createDispatcher: connections would not be kept.');
  const kept = new Map<string, unknown>();
  function createDispatcher(this: unknown, cluster: unknown, options: unknown): unknown {
    const key = JSON.stringify(options);
    if (!kept.has(key)) {
      kept.clear();
      kept.set(key, keptAlive(config, Reflect.apply(create as (...values: unknown[]) => unknown, config, [cluster, options]), cluster, options));
    }
    return kept.get(key);
  }
  Reflect.defineProperty(config, 'createDispatcher', { value: createDispatcher });
}

/** The same dispatcher with connections that stay; one behind a proxy, or of a form that is not known, is left as it is. */
function keptAlive(config: KubeConfig, made: unknown, cluster: unknown, options: unknown): unknown {
  const describe: unknown = Reflect.get(config, 'createDispatcherOptions');
  if (typeof describe !== 'function' || typeof made !== 'object' || made === null || typeof made.constructor !== 'function') return made;
  const described: unknown = Reflect.apply(describe as (...values: unknown[]) => unknown, config, [cluster, options]);
  if (typeof described !== 'object' || described === null || Reflect.get(described, 'type') !== 'agent') return made;
  const connect: unknown = Reflect.get(described, 'connect');
  const lasting: unknown = Reflect.construct(made.constructor, [{ connect, keepAliveTimeout: KEEP_ALIVE_MS }]);
  return lasting;
}

function refuse(server: string, request: ApiRequest, status: number, refusal: Status): void {
  const about = request.about ?? request.path;
  const said = refusal.message === undefined ? '' : `: ${refusal.message}`;
  if (status === 401) {
    throw stepError('ApiForbidden', `The API at ${server} does not accept the credentials of the kubeconfig (401) for ${verbOf(request)} ${about}${said}.`, 'Check that the certificate or token in the file that spec.access.kubeconfig names is current.');
  }
  if (status === 403) {
    throw stepError('ApiForbidden', `The API at ${server} forbids ${verbOf(request)} ${about}${said}.`, `Give the kubeconfig's user the right to ${verbOf(request)} ${about}; \`kubectl auth can-i --list\` shows what it has.`);
  }
  if (status === 429 || status >= 500) throw unreachable(server, request, `status ${status}${said}`);
}

function unreachable(server: string, request: ApiRequest, cause: string): Error {
  return stepError('ApiUnreachable', `The API at ${server} did not serve ${verbOf(request)} ${request.about ?? request.path}: ${cause}.`, `Check with \`kubectl --server ${server} get --raw /readyz\`. The step is tried again by itself.`);
}

function verbOf(request: ApiRequest): string {
  switch (request.method) {
    case 'GET':
      return 'get';
    case 'POST':
      return 'create';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      return request.method.toLowerCase();
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause;
  return inner instanceof Error && inner.message !== '' ? inner.message : error.message;
}

function parseStatus(text: string): Status {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return text === '' ? {} : { message: redactedStart(text, 500) };
  }
}

/** The API's answers are trusted to have the form its version promises; /readyz and the like answer in plain text. */
export function parseBody<T>(text: string): T {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed as T;
  } catch {
    return text as T;
  }
}
