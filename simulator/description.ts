import type { ApiObject } from './model.ts';

/** All that a twin is made from. Plain JSON: a file, a generated cluster or a dump of a real one. */
export interface ClusterDescription {
  readonly name: string;
  /** UID of the namespace kube-system. */
  readonly clusterUid: string;
  /** Kubernetes version that runs, `v1.33.13`. */
  readonly version: string;
  /** Version that the hosts' package repository also offers, `v1.34.4`. */
  readonly target: string;
  readonly packageManager: 'apt' | 'dnf';
  readonly nodes: readonly NodeDescription[];
  /**
   * Objects of the API besides the nodes: namespaces, workloads, budgets, and pods that are there already (with
   * `spec.nodeName`). Pods that workloads lack are made by the controllers.
   */
  readonly objects: readonly ApiObject[];
  readonly timings: Timings;
  readonly faults: readonly Fault[];
}

/** What kubeadm puts on a control-plane node; a description without it is of one that runs workloads. */
export const CONTROL_PLANE_TAINT: Taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

export interface NodeDescription {
  readonly name: string;
  /** A control-plane node carries an etcd member too. */
  readonly role: 'control-plane' | 'worker';
  readonly zone: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  /** What pods may ask for. */
  readonly allocatable: { readonly cpuMillis: number; readonly memoryMiB: number; readonly pods: number };
  /** Kubelet version where it is not the cluster's. */
  readonly kubeletVersion?: string;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** How long something takes in the twin: lognormal, mean in ms and coefficient of variation. */
export interface Timing {
  readonly meanMs: number;
  readonly variation: number;
}

/** What takes time on hosts and in the cluster. */
export interface Timings {
  /** Lists of the repository and the packages fetched. */
  readonly fetchPackages: Timing;
  /** One image. */
  readonly pullImage: Timing;
  /** One transaction of the package manager. */
  readonly installPackages: Timing;
  /** kubeadm on a control-plane node: its etcd part, and the rest. */
  readonly kubeadmEtcd: Timing;
  readonly kubeadmControlPlane: Timing;
  readonly kubeadmWorker: Timing;
  readonly restartKubelet: Timing;
  /** From the kubelet's start to the node's Ready. */
  readonly nodeReady: Timing;
  /** After which the static pods of a control-plane node are Ready again after its kubelet's start. */
  readonly staticPodsReady: Timing;
  readonly startPod: Timing;
  /** Of its grace period, as a part of it: 0.1 ends after a tenth. */
  readonly stopPodPart: Timing;
  readonly snapshot: Timing;
}

/** A fault that happens by itself: `name` is one of `FAULTS`, `node` null picks one by the seed. */
export interface Fault {
  readonly name: string;
  readonly node: string | null;
}
