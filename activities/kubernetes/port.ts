import type { AccessSpec } from '../../workflows/domain/spec.ts';
import type { ConfigMap, DisruptionBudget, EndpointSlice, Lease, Manifest, Node, Pod, Taint, WebhookConfiguration, Workload } from './objects.ts';

/** Which pods: all fields narrow. */
export interface PodQuery {
  readonly namespace?: string;
  readonly node?: string;
  /** Label selector in the API's string form. */
  readonly labels?: string;
  /** Name of the service account; empty for pods without one, as static pods are. Not together with `node`. */
  readonly serviceAccount?: string;
}

/** What others on the way to the API server can do: nothing, answer in its place, or read the credentials too. */
export type Exposure = 'none' | 'unverified' | 'clear' | 'credentials-in-clear';

export interface NodeChange {
  /** The change is refused (`conflict`) where the node has changed since this version was read. */
  readonly resourceVersion: string;
  /** Absent leaves it as it is. */
  readonly unschedulable?: boolean;
  /** null takes the annotation away; absent leaves all as they are. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** All taints that the node has afterwards; absent leaves them as they are. */
  readonly taints?: readonly Taint[];
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type EvictionAnswer =
  | { readonly kind: 'accepted' }
  /** No pod of this uid is there any more. */
  | { readonly kind: 'gone' }
  /** A budget protects it now. `budget` is null where the API names none; `retryAfterMs` where it says when to come back. */
  | { readonly kind: 'protected'; readonly budget: string | null; readonly message: string; readonly retryAfterMs: number | null }
  /** More than one budget selects the pod: the API never evicts it. */
  | { readonly kind: 'several-budgets'; readonly message: string }
  /** Refused for another reason that may pass, such as an admission webhook or an overloaded API. */
  | { readonly kind: 'refused'; readonly message: string; readonly retryAfterMs: number | null };

/** What can be followed. Equal subjects share one watch. */
export type Subject =
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'control-plane-nodes' }
  | { readonly kind: 'cordoned-nodes' }
  | { readonly kind: 'node-lease'; readonly node: string }
  | ({ readonly kind: 'pods' } & PodQuery)
  | { readonly kind: 'budgets' };

interface SubjectObjects {
  readonly node: Node;
  readonly 'control-plane-nodes': Node;
  readonly 'cordoned-nodes': Node;
  readonly 'node-lease': Lease;
  readonly pods: Pod;
  readonly budgets: DisruptionBudget;
}
export type ObjectOf<S extends Subject> = SubjectObjects[S['kind']];

/**
 * A live copy of what a subject selects: a watch with bookmarks, and a list behind it whenever it was silent for 8 s.
 * An API that does not answer only makes the copy older; who waits bounds the waiting.
 */
export interface Followed<T> {
  /** null until the first list came through: nothing is known yet. */
  readonly items: readonly T[] | null;
  /** Why the copy may be old; null while it is fresh. */
  readonly outage: string | null;
  /** Set where the API refuses the very first list (ApiForbidden): waiting is pointless. */
  readonly refusal: Error | null;
  /** Calls the listener at each change of any of these, until the function that it returns is called. */
  onChange(listener: () => void): () => void;
  /** Resolves at the next change. Never rejects. Whoever waits again and again listens: see `onChange`. */
  changed(): Promise<void>;
  /** Ends the watch once nobody else follows the subject. */
  close(): void;
}

export type Rollout = 'DaemonSet' | 'Deployment' | 'StatefulSet';

/**
 * One cluster's API.
 *
 * Failures (as `stepError`s): ApiUnreachable (no answer within 10 s, connection broken, server error, overload), ApiForbidden
 * (these credentials or this verb refused). What is absent is null.
 */
export interface Kube {
  /** URL of the API, for messages. */
  readonly server: string;
  readonly exposure: Exposure;
  /** `v1.34.4` of the API server that happened to answer. */
  serverVersion(): Promise<string>;
  /** Checks of /readyz that fail, by name; empty where the API is ready. */
  failingReadyChecks(): Promise<readonly string[]>;
  /** UID of the namespace kube-system: the cluster's identity. */
  clusterUid(): Promise<string>;

  /**
   * Lists a collection page by page. `begin` is called again, and what was added forgotten, where the list must start anew.
   * Failures: those of any list.
   */
  fold<T, R>(path: string, begin: () => R, add: (sofar: R, page: readonly T[]) => R): Promise<R>;

  listNodes(): Promise<readonly Node[]>;
  getNode(name: string): Promise<Node | null>;
  /** `conflict` where someone changed the node since it was read: read again. */
  changeNode(name: string, change: NodeChange): Promise<'changed' | 'conflict' | 'absent'>;

  listPods(query: PodQuery): Promise<readonly Pod[]>;
  /** Asks for the pod's eviction; `gracePeriodSeconds` null takes the pod's own. */
  evict(pod: PodRef, gracePeriodSeconds: number | null): Promise<EvictionAnswer>;
  /** Deletes this very pod (by uid), whatever its budgets say; `gracePeriodSeconds` null takes the pod's own. Only a person's decision leads here. */
  deletePod(pod: PodRef, gracePeriodSeconds: number | null): Promise<'deleted' | 'gone'>;
  listBudgets(): Promise<readonly DisruptionBudget[]>;

  getConfigMap(namespace: string, name: string): Promise<ConfigMap | null>;
  getWorkload(kind: Rollout, namespace: string, name: string): Promise<Workload | null>;
  listWebhookConfigurations(): Promise<readonly WebhookConfiguration[]>;
  listEndpointSlices(namespace: string, service: string): Promise<readonly EndpointSlice[]>;

  getLease(namespace: string, name: string): Promise<Lease | null>;
  /** `exists` where there is one already. */
  createLease(lease: NewLease): Promise<'created' | 'exists'>;
  /** Deletes this very Lease (by uid). */
  deleteLease(lease: Lease): Promise<'deleted' | 'absent' | 'conflict'>;

  /** Server-side apply without force: fields owned by others are a refusal with their names. */
  apply(object: Manifest, fieldManager: string): Promise<{ readonly kind: 'applied' } | { readonly kind: 'refused'; readonly message: string }>;

  follow<S extends Subject>(subject: S): Followed<ObjectOf<S>>;
}

export interface NewLease {
  readonly namespace: string;
  readonly name: string;
  readonly holder: string;
  /** RFC 3339 with milliseconds, as `toISOString` writes it. */
  readonly acquiredAt: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Opens a cluster's API. Memoised by the kubeconfig's content. Failures: FileMissing, ApiForbidden, ApiUnreachable. */
export type OpenKube = (access: AccessSpec) => Promise<Kube>;
