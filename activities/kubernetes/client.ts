import { createApply } from './apply.ts';
import { EVICTION_STATUSES, evictionAnswer } from './eviction.ts';
import { followCollection } from './follow.ts';
import type { Listed } from './follow.ts';
import type { ApiObject, DisruptionBudget, EndpointSlice, Node, Pod, WebhookConfiguration } from './objects.ts';
import { collectionPath, leasePath, nodePath, podPath, podsPath, withQuery, workloadPath } from './paths.ts';
import type { EvictionAnswer, Followed, Kube, NewLease, NodeChange, ObjectOf, PodRef, Subject } from './port.ts';
import { createSharing } from './sharing.ts';
import type { Transport } from './transport.ts';
import { stepError } from '../step-error.ts';

/** Objects of one page of a list: keeps a cluster of 5,000 nodes from coming in one answer. */
const PAGE_SIZE = 500;

interface ListBody<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

export interface KubeOptions {
  /** Milliseconds of silence after which the list behind a watch is read. Default 8,000. */
  readonly pollMs?: number;
  /** Milliseconds that a program of the kubeconfig has to give credentials. Default 30,000. */
  readonly execTimeoutMs?: number;
}

/** The port over HTTP. */
export function createKube(transport: Transport, options: KubeOptions = {}): Kube {
  /** Lists page by page, so that no more than a page is held where `add` keeps little of it. */
  async function fold<T, R>(path: string, begin: () => R, add: (sofar: R, page: readonly T[]) => R, signal?: AbortSignal): Promise<{ readonly result: R; readonly resourceVersion: string }> {
    let result = begin();
    let next = '';
    for (;;) {
      const page = withQuery(path, next === '' ? { limit: String(PAGE_SIZE) } : { limit: String(PAGE_SIZE), continue: next });
      const { status, body } = await transport.request<ListBody<T>>({ method: 'GET', path: page, about: path, ...(signal === undefined ? {} : { signal }) });
      if (status === 410) {
        // The list took longer than the server keeps its snapshot: begin again.
        result = begin();
        next = '';
        continue;
      }
      if (status >= 400) throw stepError('Unexpected', `The API at ${transport.server} answered ${status} to a list of ${path}.`);
      result = add(result, body.items);
      next = body.metadata.continue ?? '';
      if (next === '') return { result, resourceVersion: body.metadata.resourceVersion };
    }
  }

  async function list<T>(path: string, signal?: AbortSignal): Promise<Listed<T>> {
    const { result, resourceVersion } = await fold<T, T[]>(path, () => [], (items, page) => {
      items.push(...page);
      return items;
    }, signal);
    return { items: result, resourceVersion };
  }

  async function get<T>(path: string): Promise<T | null> {
    const { status, body } = await transport.request<T>({ method: 'GET', path });
    return status === 200 ? body : null;
  }

  async function changeNode(name: string, change: NodeChange): Promise<'changed' | 'conflict' | 'absent'> {
    const { status, refusal } = await transport.request({
      method: 'PATCH',
      path: withQuery(nodePath(name), { fieldManager: 'capstan' }),
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion: change.resourceVersion, ...(change.annotations === undefined ? {} : { annotations: change.annotations }) },
        spec: {
          ...(change.unschedulable === undefined ? {} : { unschedulable: change.unschedulable ? true : null }),
          ...(change.taints === undefined ? {} : { taints: change.taints.length === 0 ? null : change.taints }),
        },
      },
      about: `nodes/${name}`,
    });
    if (status === 404) return 'absent';
    if (status === 409) return 'conflict';
    if (status >= 300) throw stepError('Unexpected', `The API at ${transport.server} refused to change node ${name}: ${refusal.message ?? status}.`);
    return 'changed';
  }

  async function evict(pod: PodRef, gracePeriodSeconds: number | null): Promise<EvictionAnswer> {
    const path = `${podPath(pod)}/eviction`;
    const about = `pods/eviction of ${pod.namespace}/${pod.name}`;
    const { status, refusal, retryAfterMs } = await transport.request(
      {
        method: 'POST',
        path,
        about,
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: pod.name, namespace: pod.namespace },
          deleteOptions: { preconditions: { uid: pod.uid }, ...(gracePeriodSeconds === null ? {} : { gracePeriodSeconds }) },
        },
      },
      EVICTION_STATUSES,
    );
    const answer = evictionAnswer(status, refusal, retryAfterMs);
    if (answer !== null) return answer;
    throw transport.forbidden({ method: 'POST', path, about }, refusal);
  }

  async function deletePod(pod: PodRef, gracePeriodSeconds: number | null): Promise<'deleted' | 'gone'> {
    const { status, refusal } = await transport.request({
      method: 'DELETE',
      path: podPath(pod),
      about: `pods ${pod.namespace}/${pod.name}`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: pod.uid }, ...(gracePeriodSeconds === null ? {} : { gracePeriodSeconds }) },
    });
    // 409 is the precondition on the uid: another pod has the name now.
    if (status === 404 || status === 409) return 'gone';
    if (status >= 300) throw stepError('Unexpected', `The API at ${transport.server} refused to delete the pod ${pod.namespace}/${pod.name}: ${refusal.message ?? status}.`);
    return 'deleted';
  }

  async function failingReadyChecks(): Promise<readonly string[]> {
    const { body } = await transport.request<string>({ method: 'GET', path: '/readyz?verbose' }, [500, 503]);
    return [...String(body).matchAll(/^\[-\](\S+)/gm)].map((match) => match[1] ?? '');
  }

  async function clusterUid(): Promise<string> {
    const namespace = await get<ApiObject>('/api/v1/namespaces/kube-system');
    if (namespace === null) throw stepError('Unexpected', `The cluster at ${transport.server} has no namespace kube-system.`);
    return namespace.metadata.uid;
  }

  async function createLease(lease: NewLease): Promise<'created' | 'exists'> {
    const { status, refusal } = await transport.request({
      method: 'POST',
      path: `/apis/coordination.k8s.io/v1/namespaces/${lease.namespace}/leases?fieldManager=capstan`,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: lease.name, namespace: lease.namespace, annotations: lease.annotations },
        spec: { holderIdentity: lease.holder, acquireTime: microTime(lease.acquiredAt), renewTime: microTime(lease.acquiredAt) },
      },
      about: `leases/${lease.name}`,
    });
    if (status === 409) return 'exists';
    if (status >= 300) throw stepError('Unexpected', `The API at ${transport.server} refused the Lease ${lease.namespace}/${lease.name}: ${refusal.message ?? status}.`);
    return 'created';
  }

  const follow = createSharing((subject: Subject): Followed<ApiObject> => {
    const path = collectionPath(subject);
    return followCollection<ApiObject>({ path, list: (signal) => list(path, signal), transport, ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }) });
  });

  return {
    server: transport.server,
    exposure: transport.exposure,
    serverVersion: async () => (await get<{ readonly gitVersion: string }>('/version'))?.gitVersion ?? '',
    failingReadyChecks,
    clusterUid,
    fold: async (path, begin, add) => (await fold(path, begin, add)).result,
    listNodes: async () => (await list<Node>('/api/v1/nodes')).items,
    getNode: (name) => get(nodePath(name)),
    changeNode,
    listPods: async (query) => (await list<Pod>(podsPath(query))).items,
    evict,
    deletePod,
    listBudgets: async () => (await list<DisruptionBudget>('/apis/policy/v1/poddisruptionbudgets')).items,
    getConfigMap: (namespace, name) => get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`),
    getWorkload: (kind, namespace, name) => get(workloadPath(kind, namespace, name)),
    listWebhookConfigurations: async () => {
      const base = '/apis/admissionregistration.k8s.io/v1';
      const both = await Promise.all([list<WebhookConfiguration>(`${base}/validatingwebhookconfigurations`), list<WebhookConfiguration>(`${base}/mutatingwebhookconfigurations`)]);
      return both.flatMap((listed) => listed.items);
    },
    listEndpointSlices: async (namespace, service) =>
      (await list<EndpointSlice>(withQuery(`/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`, { labelSelector: `kubernetes.io/service-name=${service}` }))).items,
    getLease: (namespace, name) => get(leasePath(namespace, name)),
    createLease,
    deleteLease: async (lease) => {
      const path = leasePath(lease.metadata.namespace ?? 'default', lease.metadata.name);
      const { status } = await transport.request({ method: 'DELETE', path, body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: lease.metadata.uid } } });
      if (status === 404) return 'absent';
      return status === 409 ? 'conflict' : 'deleted';
    },
    apply: createApply(transport),
    follow: <S extends Subject>(subject: S) => follow(subject) as Followed<ObjectOf<S>>,
  };
}

/** Leases carry microseconds; our clock has milliseconds. */
function microTime(iso: string): string {
  return iso.replace(/Z$/, '000Z');
}
