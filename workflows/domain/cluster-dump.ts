/**
 * A cluster as a rehearsal needs it: where pods are, what they ask for and what guards them. Compact, because it travels through
 * a history, and free of what must not travel: no environment, annotation, command, image or volume content is in it.
 */
export interface ClusterDump {
  /** UID of the namespace kube-system; empty where the dump does not hold it. */
  readonly clusterUid: string;
  /** Version of the oldest API server, `v1.33.13`. */
  readonly serverVersion: string;
  /** Node whose etcd member led when the cluster was read; null where that is not known. */
  readonly etcdLeader: string | null;
  readonly nodes: readonly DumpedNode[];
  /** Forms of pods that workloads share, by index. */
  readonly shapes: readonly PodShape[];
  readonly workloads: readonly DumpedWorkload[];
  readonly budgets: readonly DumpedBudget[];
  /** What could not be read, for people. */
  readonly gaps: readonly string[];
}

export interface DumpedNode {
  readonly name: string;
  readonly controlPlane: boolean;
  /** Labels that pods, pools or spread constraints select by, and the zone. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly DumpedTaint[];
  readonly unschedulable: boolean;
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly pods: number;
  readonly kubeletVersion: string;
}

export interface DumpedTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface DumpedRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface DumpedSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly DumpedRequirement[];
}

export interface DumpedToleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** What decides where a pod may run and how it leaves. Keys are absent where the pod says nothing. */
export interface PodShape {
  /** Requested in all. */
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly graceSeconds: number;
  /** Names of its emptyDir volumes. */
  readonly emptyDirs?: readonly string[];
  readonly tolerations?: readonly DumpedToleration[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Required node affinity, that of its bound volumes included: one of the terms must hold. */
  readonly nodeTerms?: readonly (readonly DumpedRequirement[])[];
  /** Required pod anti-affinity. */
  readonly apart?: readonly DumpedPeers[];
  readonly spread?: readonly (DumpedPeers & { readonly maxSkew: number; readonly required: boolean })[];
  readonly priorityClass?: string;
}

/** Pods that a pod keeps its distance from. */
export interface DumpedPeers {
  readonly topologyKey: string;
  /** Those with the same values of these labels as the pod itself: so that workloads alike share one shape. */
  readonly alike?: readonly string[];
  /** Where `alike` cannot say it. */
  readonly selector?: DumpedSelector;
}

export const DUMPED_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'Pod'] as const;
/** `Pod` is one that no controller would bring back; an owner of a kind that is not listed counts as `ReplicaSet`. */
export type DumpedKind = (typeof DUMPED_KINDS)[number];

export interface DumpedWorkload {
  readonly kind: DumpedKind;
  readonly namespace: string;
  readonly name: string;
  /** Pods that it wants; those of a DaemonSet follow from the nodes. */
  readonly replicas: number;
  /** Absent where it is its pods' own labels, or is not known. */
  readonly selector?: DumpedSelector;
  /** Labels of its pods, as far as something selects by them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Index into `shapes`. */
  readonly shape: number;
  /** Index into `nodes` for each pod that runs; -1 is one without a node. */
  readonly on: readonly number[];
  /** How many of these, from the last backwards, are not Ready. Absent where all are. */
  readonly unready?: number;
}

export interface DumpedBudget {
  readonly namespace: string;
  readonly name: string;
  readonly selector: DumpedSelector | null;
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  readonly unhealthyPodEvictionPolicy?: string;
}
