import type { Selector } from '../../activities/kubernetes/objects.ts';
import type { Taint } from '../description.ts';
import type { ApiObject } from '../model.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly [field: string]: unknown;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
  readonly [field: string]: unknown;
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
  readonly matchFields?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

export interface PodAffinityTerm {
  readonly labelSelector?: Selector;
  readonly topologyKey: string;
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: Selector;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly containers: readonly Container[];
  readonly tolerations?: readonly Toleration[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: {
    readonly nodeAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
    readonly podAntiAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[] };
  };
  readonly topologySpreadConstraints?: readonly SpreadConstraint[];
  readonly terminationGracePeriodSeconds?: number;
  readonly restartPolicy?: string;
  readonly [field: string]: unknown;
}

export interface Pod extends ApiObject {
  readonly spec: PodSpec;
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[]; readonly [field: string]: unknown };
}

export interface Node extends ApiObject {
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly (Taint & { readonly timeAdded?: string })[]; readonly [field: string]: unknown };
  readonly status: {
    readonly conditions?: readonly Condition[];
    readonly allocatable?: Readonly<Record<string, string | number>>;
    readonly nodeInfo?: { readonly kubeletVersion: string; readonly [field: string]: unknown };
    readonly [field: string]: unknown;
  };
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

/** Deployment, ReplicaSet, StatefulSet, DaemonSet or Job: what their controllers read. */
export interface Workload extends ApiObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: Selector;
    readonly template: PodTemplate;
    readonly strategy?: Strategy;
    readonly updateStrategy?: Strategy;
    readonly podManagementPolicy?: string;
    readonly completions?: number;
    readonly parallelism?: number;
    readonly [field: string]: unknown;
  };
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string; readonly partition?: number };
}

export interface Budget extends ApiObject {
  readonly spec: {
    readonly selector?: Selector | null;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly unhealthyPodEvictionPolicy?: string;
  };
  readonly status?: BudgetStatus;
}

export interface BudgetStatus {
  readonly observedGeneration: number;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly conditions?: readonly Condition[];
}

// The store holds objects of any kind. Whoever put one in vouched for its form: these name the belief in one place.
export function podOf(object: ApiObject): Pod {
  return object as Pod;
}

export function nodeOf(object: ApiObject): Node {
  return object as Node;
}

export function workloadOf(object: ApiObject): Workload {
  return object as Workload;
}

export function budgetOf(object: ApiObject): Budget {
  return object as Budget;
}

/** `namespace/name`; `/name` of what has no namespace. */
export function keyOf(object: ApiObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

export function ownerOf(object: ApiObject): { readonly kind: string; readonly name: string; readonly uid: string } | null {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true) ?? null;
}

export function isReadyPod(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

export function isEnding(object: ApiObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Names of what must be done before a deleted object goes. */
export function finalizersOf(object: ApiObject): readonly string[] {
  const found = object.metadata['finalizers'];
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : [];
}

export function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations !== undefined && Object.hasOwn(pod.metadata.annotations, 'kubernetes.io/config.mirror');
}
