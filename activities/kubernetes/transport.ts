import { IsomorphicFetchHttpLibrary, RequestContext } from '@kubernetes/client-node';
import type { Cluster, HttpMethod, KubeConfig, ResponseContext, User } from '@kubernetes/client-node';
import { failureTypeOf, stepError } from '../step-error.ts';
import type { Status } from './objects.ts';
import type { Exposure } from './port.ts';
import { redactedStart, redactedText } from '../redaction/redacted.ts';
import { createCredentials, keyPairFailure } from './credentials.ts';
import type { CredentialOptions } from './credentials.ts';
import { createRefusals } from './refusals.ts';
import type { Refusals, Refused } from './refusals.ts';

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
  readonly exposure: Exposure;
  /** The failure of a request with the status 403 that was listed in `accept`. */
  forbidden(request: Refused, refusal: Status): Error;
  /** Any answer of the API is returned, but 401, 403, 429 and 5xx are failures unless listed in `accept`. */
  request<T>(request: ApiRequest, accept?: readonly number[]): Promise<ApiAnswer<T>>;
  /** A response that goes on: its lines. Ends when the server ends it or the signal aborts. */
  lines(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator<string, { readonly status: number }>;
}

/** @param options Where the kubeconfig lies, for what it names relative to itself. */
export function createTransport(config: KubeConfig, options: CredentialOptions = { folder: null }): Transport {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw stepError('SpecInvalid', 'The kubeconfig names no current context with a cluster.', 'Set one with `kubectl config use-context NAME` in the file that spec.access.kubeconfig names.');
  const server = serverOf(cluster.server, cluster.skipTLSVerify);
  const credentials = createCredentials(config, options);
  const refusals = createRefusals(server);
  keepDispatcher(config);
  const http = new IsomorphicFetchHttpLibrary();

  async function send(request: ApiRequest, signal: () => AbortSignal): Promise<ResponseContext> {
    const context = new RequestContext(`${server}${request.path}`, request.method);
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('User-Agent', 'capstan');
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
    }
    // Before the time of the request itself begins: a program may have to be asked first.
    await credentials.apply(context);
    context.setSignal(signal());
    return http.send(context).toPromise();
  }

  async function once(request: ApiRequest): Promise<{ readonly response: ResponseContext; readonly text: string }> {
    const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
    let timeout: AbortSignal | null = null;
    try {
      const response = await send(request, () => {
        timeout = AbortSignal.timeout(timeoutMs);
        return request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
      });
      return { response, text: await response.body.text() };
    } catch (error) {
      request.signal?.throwIfAborted();
      throw notSent(refusals, request, error, isTimeOver(timeout) ? `no answer within ${timeoutMs / 1000} s` : null);
    }
  }

  async function request<T>(request: ApiRequest, accept: readonly number[] = []): Promise<ApiAnswer<T>> {
    let { response, text } = await once(request);
    // A token that was revoked before its time: its program has another.
    if (response.httpStatusCode === 401 && credentials.refused()) ({ response, text } = await once(request));
    const status = response.httpStatusCode;
    const refusal: Status = status < 400 ? {} : parseStatus(text);
    const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN);
    if (!accept.includes(status)) refusals.check(request, status, refusal);
    return { status, body: parseBody<T>(text), refusal, retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : null };
  }

  async function* lines(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator<string, { readonly status: number }> {
    const response = await send({ method: 'GET', path }, () => signal);
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

  return { server, exposure: exposureOf(cluster, config.getCurrentUser()), request, lines, forbidden: refusals.forbidden };
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

function isTimeOver(timeout: AbortSignal | null): boolean {
  return timeout?.aborted === true;
}

/** What kept a request from being served, in words of the network and of TLS. Any other error is of our making, and may quote a header. */
function notSent(refusals: Refusals, request: ApiRequest, error: unknown, known: string | null): Error {
  if (error instanceof Error && failureTypeOf(error) !== null) return error;
  if (known !== null) return refusals.unreachable(request, known);
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  const damaged = keyPairFailure(code);
  if (damaged !== null) return damaged;
  if (inner instanceof Error && code !== '') return refusals.unreachable(request, redactedText(inner.message === '' ? code : inner.message));
  return refusals.unreachable(request, `the request could not be sent (${inner instanceof Error ? inner.name : typeof inner})`);
}

/** A proxy on the worker's own machine, such as `kubectl proxy`, is reached by nobody else. */
function exposureOf(cluster: Cluster, user: User | null): Exposure {
  const { protocol, hostname } = new URL(cluster.server);
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  if (isHere && protocol === 'http:') return 'none';
  if (protocol === 'https:') return cluster.skipTLSVerify ? 'unverified' : 'none';
  const ways: readonly unknown[] = [user?.token, user?.password, user?.exec, user?.authProvider];
  return ways.some((value) => value !== undefined) ? 'credentials-in-clear' : 'clear';
}

/** @throws SpecInvalid, without the text: it may hold a password. */
function serverOf(text: string, isUnverified: boolean): string {
  const next = 'Correct clusters[].cluster.server in the file that spec.access.kubeconfig names.';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw stepError('SpecInvalid', 'The server of the kubeconfig is not an http or https URL.', next);
  if (url.username !== '' || url.password !== '') throw stepError('SpecInvalid', `The server of the kubeconfig, ${url.host}, has a user name or password in its URL, which no client sends.`, `${next} Credentials belong under users[].user.`);
  if (url.protocol === 'http:' && !isUnverified) throw stepError('SpecInvalid', `The server of the kubeconfig, ${url.origin}, is reached without TLS: credentials would go over the network for everybody to read.`, `${next} An https server; for a proxy on this machine insecure-skip-tls-verify: true lets it through.`);
  return text.replace(/\/+$/, '');
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
