import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessSpec } from '../../workflows/domain/spec.ts';
import { mergePatch } from './merge-patch.ts';

/** Any object of the API, as plain JSON that tests may change through `put`. */
export interface FakeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

interface StoredEvent {
  readonly version: number;
  readonly collection: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: FakeObject;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sees each request first; an answer replaces the API's own, null leaves it to the API. */
export type Interceptor = (request: { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly body: unknown; readonly contentType: string }) => Answer | 'hang' | 'cut' | null;

/** An API server in this process, over real HTTP: objects, lists with selectors, watches, merge patch with preconditions. */
export interface FakeApi {
  readonly access: AccessSpec;
  readonly requests: readonly string[];
  /** TCP connections opened so far. */
  readonly connections: number;
  /** Creates or replaces; the collection is such as `nodes`, `pods`, `leases`. */
  put(collection: string, object: FakeObject): void;
  update(collection: string, name: string, change: (object: FakeObject) => FakeObject): void;
  remove(collection: string, name: string): void;
  get(collection: string, name: string): FakeObject | null;
  all(collection: string): readonly FakeObject[];
  intercept(interceptor: Interceptor | null): void;
  /** Whether an evicted pod ends at once (as at first) or stays terminating. */
  letPodsEnd(end: boolean): void;
  /** Breaks every connection, as a load balancer does when its server goes away. */
  cut(): void;
  /** Ends all watches and forgets events, so that resuming answers 410. */
  compact(): void;
  stop(): Promise<void>;
}

export async function startFakeApi(): Promise<FakeApi> {
  const objects = new Map<string, FakeObject>();
  const events: StoredEvent[] = [];
  const watchers = new Set<{ readonly collection: string; readonly query: URLSearchParams; readonly response: ServerResponse }>();
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let version = 100;
  let oldest = 100;
  let connections = 0;
  let interceptor: Interceptor | null = null;
  let podsEnd = true;

  function keyOf(collection: string, name: string): string {
    return `${collection} ${name}`;
  }

  function record(type: StoredEvent['type'], collection: string, object: FakeObject): void {
    events.push({ version, collection, type, object });
    for (const watcher of watchers) {
      if (watcher.collection === collection && matches(object, watcher.query)) watcher.response.write(`${JSON.stringify({ type, object })}\n`);
    }
  }

  function put(collection: string, object: FakeObject): void {
    version += 1;
    const key = keyOf(collection, object.metadata.name);
    const known = objects.get(key);
    const stored = { ...object, metadata: { ...object.metadata, uid: object.metadata.uid ?? known?.metadata.uid ?? randomUUID(), resourceVersion: String(version) } };
    objects.set(key, stored);
    record(known === undefined ? 'ADDED' : 'MODIFIED', collection, stored);
  }

  function remove(collection: string, name: string): void {
    const known = objects.get(keyOf(collection, name));
    if (known === undefined) return;
    version += 1;
    objects.delete(keyOf(collection, name));
    record('DELETED', collection, { ...known, metadata: { ...known.metadata, resourceVersion: String(version) } });
  }

  function all(collection: string): readonly FakeObject[] {
    return [...objects.entries()].filter(([key]) => key.startsWith(`${collection} `)).map(([, object]) => object);
  }

  function watch(collection: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    if (from < oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`);
      return;
    }
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(Math.max(from, oldest)) } } })}\n`);
    for (const event of events) {
      if (event.version > from && event.collection === collection && matches(event.object, query)) response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
    }
    const watcher = { collection, query, response };
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
  }

  function list(collection: string, query: URLSearchParams): Answer {
    const found = all(collection).filter((object) => matches(object, query));
    const from = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? Number.MAX_SAFE_INTEGER);
    const rest = from + limit < found.length ? { continue: String(from + limit) } : {};
    return { status: 200, body: { kind: 'List', metadata: { resourceVersion: String(version), ...rest }, items: found.slice(from, from + limit) } };
  }

  function change(method: string, collection: string, name: string, body: unknown, contentType: string): Answer {
    const known = objects.get(keyOf(collection, name));
    if (method === 'POST') {
      const created = body as FakeObject;
      if (objects.has(keyOf(collection, created.metadata.name))) return failure(409, 'AlreadyExists', `${collection} "${created.metadata.name}" already exists`);
      put(collection, created);
      return { status: 201, body: objects.get(keyOf(collection, created.metadata.name)) };
    }
    if (method === 'PATCH' && contentType === 'application/apply-patch+yaml') {
      put(collection, { ...known, ...(body as FakeObject) });
      return { status: 200, body: objects.get(keyOf(collection, name)) };
    }
    if (known === undefined) return failure(404, 'NotFound', `${collection} "${name}" not found`);
    if (method === 'GET') return { status: 200, body: known };
    if (method === 'DELETE') return deleteObject(collection, name, body, known);
    if (contentType !== 'application/merge-patch+json') return failure(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${contentType}`);
    const wanted = (body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== known.metadata.resourceVersion) return failure(409, 'Conflict', 'the object has been modified');
    put(collection, mergePatch(known, body) as FakeObject);
    return { status: 200, body: objects.get(keyOf(collection, name)) };
  }

  function deleteObject(collection: string, name: string, body: unknown, known: FakeObject): Answer {
    const uid = (body as { preconditions?: { uid?: string } } | null)?.preconditions?.uid;
    if (uid !== undefined && uid !== known.metadata.uid) return failure(409, 'Conflict', 'Precondition failed: UID in precondition');
    remove(collection, name);
    return { status: 200, body: { kind: 'Status', status: 'Success' } };
  }

  /** As the eviction subresource decides, by the status of the budgets that select the pod. */
  function evict(name: string, body: unknown): Answer {
    const pod = objects.get(keyOf('pods', name));
    if (pod === undefined) return failure(404, 'NotFound', `pods "${name}" not found`);
    const uid = (body as { deleteOptions?: { preconditions?: { uid?: string } } }).deleteOptions?.preconditions?.uid;
    if (uid !== undefined && uid !== pod.metadata.uid) return failure(409, 'Conflict', `the UID in the precondition (${uid}) does not match the UID in record (${pod.metadata.uid ?? ''})`);
    const labels = pod.metadata['labels'] as Readonly<Record<string, string>> | undefined;
    const budgets = all('poddisruptionbudgets').filter((budget) => {
      const selector = (budget['spec'] as { selector?: { matchLabels?: Record<string, string> } }).selector?.matchLabels ?? {};
      return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
    });
    if (budgets.length > 1) return failure(500, 'InternalError', 'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
    const budget = budgets[0];
    const status = budget?.['status'] as { disruptionsAllowed: number; currentHealthy: number; desiredHealthy: number } | undefined;
    if (budget !== undefined && status !== undefined && status.disruptionsAllowed <= 0) return budgetRefusal(budget.metadata.name, status);
    if (budget !== undefined && status !== undefined) put('poddisruptionbudgets', { ...budget, status: { ...status, disruptionsAllowed: status.disruptionsAllowed - 1 } });
    put('pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString() } });
    if (podsEnd) setImmediate(() => remove('pods', name));
    return { status: 201, body: { kind: 'Status', status: 'Success' } };
  }

  function respond(method: string, path: string, query: URLSearchParams, body: unknown, contentType: string, response: ServerResponse): void {
    const answer = route(method, path, query, body, contentType, response);
    if (answer === null) return;
    response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  /** Null where a watch has the response now. */
  function route(method: string, path: string, query: URLSearchParams, body: unknown, contentType: string, response: ServerResponse): Answer | null {
    if (path === '/readyz') return { status: 200, body: '[+]ping ok\nreadyz check passed' };
    if (path === '/version') return { status: 200, body: { gitVersion: 'v1.33.13' } };
    if (path === '/apis/apps/v1') return { status: 200, body: { resources: [{ name: 'daemonsets', kind: 'DaemonSet', namespaced: true }, { name: 'daemonsets/status', kind: 'DaemonSet', namespaced: true }] } };
    const match = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path);
    if (match === null) return failure(404, 'NotFound', 'the server could not find the requested resource');
    const [, namespace, collection = '', name = '', sub] = match;
    if (sub === 'eviction') return evict(name, body);
    if (namespace !== undefined) query.set('namespace', namespace);
    if (name !== '' || method === 'POST') return change(method, collection, name, body, contentType);
    if (query.get('watch') !== 'true') return list(collection, query);
    watch(collection, query, response);
    return null;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body: unknown = text === '' ? null : JSON.parse(text);
    const method = request.method ?? 'GET';
    const contentType = request.headers['content-type'] ?? '';
    requests.push(`${method} ${url.pathname}${url.searchParams.has('watch') ? '?watch' : ''}`);
    const instead = interceptor?.({ method, path: url.pathname, query: url.searchParams, body, contentType }) ?? null;
    if (instead === 'hang') return;
    if (instead === 'cut') {
      request.socket.destroy();
      return;
    }
    if (instead === null) {
      respond(method, url.pathname, url.searchParams, body, contentType, response);
      return;
    }
    response.writeHead(instead.status, { 'Content-Type': 'application/json', ...instead.headers });
    response.end(JSON.stringify(instead.body));
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'capstan-kube-'));
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, kubeconfigText(`http://127.0.0.1:${port}`), { mode: 0o600 });

  return {
    access: accessFor(file),
    requests,
    get connections() {
      return connections;
    },
    put,
    update: (collection, name, edit) => {
      const known = objects.get(keyOf(collection, name));
      if (known !== undefined) put(collection, edit(known));
    },
    remove,
    get: (collection, name) => objects.get(keyOf(collection, name)) ?? null,
    all,
    intercept: (next) => {
      interceptor = next;
    },
    letPodsEnd: (end) => {
      podsEnd = end;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    compact: () => {
      version += 1;
      oldest = version;
      events.length = 0;
      for (const watcher of watchers) watcher.response.end();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function failure(code: number, reason: string, message: string): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code } };
}

/** The API's own words, pkg/registry/core/pod/storage/eviction.go. */
export function budgetRefusal(budget: string, status: { readonly currentHealthy: number; readonly desiredHealthy: number }): Answer {
  const cause = { reason: 'DisruptionBudget', message: `The disruption budget ${budget} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently` };
  return { status: 429, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: "Cannot evict pod as it would violate the pod's disruption budget.", reason: 'TooManyRequests', details: { causes: [cause] }, code: 429 } };
}

function matches(object: FakeObject, query: URLSearchParams): boolean {
  const { metadata } = object;
  const namespace = query.get('namespace');
  if (namespace !== null && metadata.namespace !== namespace) return false;
  const field = query.get('fieldSelector');
  if (field !== null) {
    const [key, value] = field.split('=');
    const spec = object['spec'] as { nodeName?: string; unschedulable?: boolean; serviceAccountName?: string } | undefined;
    const fields: Readonly<Record<string, string | undefined>> = {
      'metadata.name': metadata.name, 'spec.nodeName': spec?.nodeName, 'spec.unschedulable': String(spec?.unschedulable ?? false), 'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    };
    if (fields[key ?? ''] !== value) return false;
  }
  const labels = (metadata['labels'] ?? {}) as Readonly<Record<string, string>>;
  return (query.get('labelSelector') ?? '').split(',').every((part) => {
    const [key = '', value] = part.split('=');
    return key === '' || (value === undefined ? key in labels : labels[key] === value);
  });
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'fake',
    clusters: [{ name: 'fake', cluster: { server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'fake', user: { token: 'not-a-secret' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
  });
}

function accessFor(file: string): AccessSpec {
  return {
    transport: 'ssh',
    kubeconfig: { file },
    ssh: { user: 'ops', port: 22, privateKey: { file: '/nowhere/key' }, knownHosts: { file: '/nowhere/known_hosts' }, bastion: null, become: 'sudo' },
  };
}
