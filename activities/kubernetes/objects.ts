/** Objects of the Kubernetes API as they travel: only the fields that are read here. Times are RFC 3339 strings. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface ApiObject {
  readonly metadata: ObjectMeta;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastHeartbeatTime?: string;
  readonly lastTransitionTime?: string;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What the kubelet says of its machine. The API has all of it, also where it is empty; a reduced dump may leave it out. */
export interface NodeInfo {
  readonly kubeletVersion: string;
  /** GOOS of the kubelet: `linux`, `windows`. */
  readonly operatingSystem?: string;
  readonly osImage?: string;
  readonly kernelVersion?: string;
  readonly bootID?: string;
  readonly machineID?: string;
  readonly systemUUID?: string;
  /** `containerd://1.7.24`. */
  readonly containerRuntimeVersion?: string;
}

export interface Node extends ApiObject {
  readonly spec: { readonly unschedulable?: boolean; readonly providerID?: string; readonly taints?: readonly Taint[] };
  readonly status: {
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo: NodeInfo;
  };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly priorityClassName?: string;
  readonly containers: readonly Container[];
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly Volume[];
}

export interface Pod extends ApiObject {
  readonly spec: PodSpec;
  readonly status: { readonly phase?: string; readonly conditions?: readonly Condition[]; readonly reason?: string };
}

/** A label selector as the API writes it. */
export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

export interface DisruptionBudget extends ApiObject {
  readonly spec: { readonly selector?: Selector | null; readonly minAvailable?: number | string; readonly maxUnavailable?: number | string };
  readonly status?: { readonly disruptionsAllowed: number; readonly currentHealthy: number; readonly desiredHealthy: number; readonly expectedPods: number; readonly observedGeneration?: number };
}

export interface Lease extends ApiObject {
  readonly spec: { readonly holderIdentity?: string; readonly acquireTime?: string; readonly renewTime?: string };
}

export interface ConfigMap extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** A DaemonSet, Deployment or StatefulSet. */
export interface Workload extends ApiObject {
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: PodSpec } };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
  };
}

export interface WebhookRule {
  readonly apiGroups?: readonly string[];
  readonly operations?: readonly string[];
  readonly resources?: readonly string[];
}

export interface Webhook {
  readonly name: string;
  readonly failurePolicy?: string;
  readonly rules?: readonly WebhookRule[];
  readonly clientConfig: { readonly service?: { readonly namespace: string; readonly name: string }; readonly url?: string };
  readonly namespaceSelector?: Selector;
}

export interface WebhookConfiguration extends ApiObject {
  readonly webhooks?: readonly Webhook[];
}

export interface EndpointSlice extends ApiObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[];
}

/** An object of any kind, as read from a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: unknown;
  /** Of a Secret. */
  readonly stringData?: unknown;
}

/** The API's answer where it refuses. */
export interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}
