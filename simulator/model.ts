/** Any object of the API, as plain JSON. Objects in the store are never changed in place: a change replaces them. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
  readonly [field: string]: unknown;
}

export type StoreEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly resource: string; readonly object: ApiObject; readonly version: number;
  /** What was there before. */
  readonly previous?: ApiObject;
  /** The store went back to former objects, and this is one of those that differ: nobody has written it now. */
  readonly restored?: true };

/** All objects of one moment, by resource. */
export type Contents = ReadonlyMap<string, readonly ApiObject[]>;

/** The API's objects by resource (`nodes`, `pods`, `poddisruptionbudgets`, …), with one counter of versions as etcd has. */
export interface Store {
  readonly version: number;
  get(resource: string, namespace: string | null, name: string): ApiObject | null;
  list(resource: string): readonly ApiObject[];
  /** Resources that have, or had, an object. */
  resources(): readonly string[];
  /** Creates, or replaces an object of that name; fills in uid, resourceVersion and creationTimestamp. */
  put(resource: string, object: ApiObject): ApiObject;
  /** Null where it is not there. */
  update(resource: string, namespace: string | null, name: string, change: (object: ApiObject) => ApiObject): ApiObject | null;
  remove(resource: string, namespace: string | null, name: string): void;
  /** What is there now: references are enough, as no object is changed in place. */
  contents(): Contents;
  /**
   * Puts back the very objects of a former moment, in the place of all that is there. The next change comes after `version`, which
   * is raised where it is not beyond all that was served; nothing before can be watched from.
   */
  restore(contents: Contents, version: number): void;
  /** Called at once with every later event. Returns how to end it. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** Called with what was there before each restore, when every listener has heard what differs. Returns how to end it. */
  onRestore(listener: (before: Contents) => void): () => void;
}

/** The kubelets as the API sees them: node status, heartbeats, Leases, and the pods of their node. */
export interface Kubelets {
  /** The process is gone: heartbeats stop, and pods of this node are neither started nor ended. */
  stop(node: string): void;
  /** It runs at this version; the node becomes Ready after the twin's `nodeReady`, unless a fault forbids it. */
  start(node: string, version: string): void;
  isRunning(node: string): boolean;
  /** The static pods of a control-plane node by component (`kube-apiserver`, `etcd`, …) and image. */
  setStaticPods(node: string, images: Readonly<Record<string, string>>): void;
}

/** Answer to an eviction, as the API's eviction subresource decides. */
export type EvictionResult =
  | { readonly kind: 'evicted' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'conflict'; readonly message: string }
  | { readonly kind: 'budget'; readonly budget: string; readonly message: string; readonly retryAfterSeconds?: number }
  | { readonly kind: 'several-budgets'; readonly message: string };

/** A cluster's API without any transport: its objects, and what moves them (controllers, scheduler, kubelets). */
export interface ClusterModel {
  readonly store: Store;
  readonly kubelets: Kubelets;
  evict(pod: { readonly namespace: string; readonly name: string; readonly uid?: string }, gracePeriodSeconds: number | null, dryRun?: boolean): EvictionResult;
  /** Evictions that were granted, by `namespace/owner` of the pod. */
  readonly evictions: readonly { readonly pod: string; readonly owner: string; readonly node: string; readonly atMs: number }[];
  stop(): void;
}
