/** What cases read of an answer's body. A body has the fields of its kind only: a case knows which kind it asked for. */
export interface Body {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata: Metadata;
  readonly items: readonly Body[];
  readonly data?: unknown;
  readonly spec: Spec;
  /** Of a Status it is a word. */
  readonly status: ObjectStatus;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly Cause[] };
  readonly groupVersion?: string;
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean; readonly singularName: string; readonly verbs: readonly string[] }[];
  readonly gitVersion?: string;
  readonly major?: string;
}

export interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly unknown[];
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly continue?: string;
  readonly remainingItemCount?: number;
  readonly managedFields?: readonly Readonly<Record<string, unknown>>[];
}

export interface Spec {
  readonly replicas?: number;
  readonly strategy?: unknown;
  readonly revisionHistoryLimit?: number;
  readonly progressDeadlineSeconds?: number;
  readonly unschedulable?: boolean;
  readonly taints?: readonly { readonly key: string }[];
  readonly template: { readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string; readonly env?: unknown }[]; readonly tolerations?: unknown } };
}

export interface ObjectStatus {
  readonly phase?: string;
  readonly replicas?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
  readonly nodeInfo: { readonly kubeletVersion: string };
  readonly observedGeneration?: number;
  readonly expectedPods?: number;
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly disruptionsAllowed?: number;
}

export interface WatchLine {
  readonly type: string;
  readonly object: Body;
}
