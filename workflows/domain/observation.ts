import type { MachineIds } from './node-identity.ts';
import type { Role } from './state.ts';

/** What kubeadm runs as static pods on a control-plane node. */
export const STATIC_COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const;
export type StaticComponent = (typeof STATIC_COMPONENTS)[number];

/** What the cluster is now, as read from its API and its etcd. Small: it travels through histories. */
export interface Observation {
  /** UID of the namespace kube-system: the cluster's identity. */
  readonly clusterUid: string;
  /** Oldest API server version seen on a control-plane node, `v1.33.13`. */
  readonly serverVersion: string;
  /** kubernetesVersion of the ConfigMap kubeadm-config; null where there is none. */
  readonly kubeadmVersion: string | null;
  /** imageRepository of kubeadm-config. */
  readonly imageRepository: string | null;
  readonly nodes: readonly NodeObservation[];
  readonly etcd: EtcdObservation;
}

export interface NodeObservation extends MachineIds {
  readonly name: string;
  readonly uid: string;
  /** By its static pods. A node that only carries the label of a control plane has that role too, and is then refused. */
  readonly roles: readonly Role[];
  /** Components whose mirror pods its own kubelet shows. */
  readonly staticPods: readonly StaticComponent[];
  /** Carries the label that kubeadm gives to control-plane nodes. */
  readonly isLabelled: boolean;
  /** Why another tool upgrades this node, such as `its operating system is windows`; null where this driver does. */
  readonly foreign: string | null;
  /** InternalIP, else Hostname, else the name. */
  readonly address: string;
  readonly kubeletVersion: string;
  /** Version of the API server's static pod on this node; null on workers. */
  readonly controlPlaneVersion: string | null;
  readonly ready: boolean;
  readonly unschedulable: boolean;
  /** Mark of the upgrade of ours that cordoned it; absent where none did, or it is schedulable. */
  readonly cordonMark?: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const ETCD_KINDS = ['stacked', 'external'] as const;
export type EtcdKind = (typeof ETCD_KINDS)[number];

export interface EtcdObservation {
  readonly kind: EtcdKind;
  /** Empty where etcd is external or was not asked. */
  readonly members: readonly EtcdMemberObservation[];
  readonly alarms: readonly string[];
}

export interface EtcdMemberObservation {
  /** etcd's member id, hex. */
  readonly id: string;
  readonly name: string;
  /** Node that carries the member. */
  readonly node: string;
  readonly version: string;
  readonly leader: boolean;
  readonly learner: boolean;
  readonly healthy: boolean;
  /** Bytes. */
  readonly dbSize: number;
}
