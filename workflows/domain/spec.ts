import type { Waiver } from './waiver.ts';

/** The spec as the program uses it: parsed, every default filled in. The schema of what people write is in `spec/`. */
export interface UpgradeSpec {
  /** metadata.name: names the workflow `upgrade/<name>`. */
  readonly name: string;
  readonly driver: 'kubeadm';
  readonly target: { readonly version: string };
  readonly access: AccessSpec;
  /** Hosts whose address, port or roles differ from what the API lists. */
  readonly nodes: readonly NodeSpec[];
  /** Nodes that are left as they are. */
  readonly exclude: readonly Exclusion[];
  readonly etcd: EtcdSpec;
  readonly staging: StagingSpec;
  /** Absent: the defaults. */
  readonly controlPlane?: ControlPlaneSpec;
  readonly pools: readonly PoolSpec[];
  readonly packages: { readonly repository: string | null };
  readonly kubeadm: KubeadmSpec;
  readonly addons: readonly AddonSpec[];
  /** Absent in an upgrade that an older version has started: hold. */
  readonly strategy?: StrategySpec;
  /** Checks that `--ignore` waives; no key of the file. Absent where none is. */
  readonly ignore?: readonly Waiver[];
}

/** A secret or file by reference; opened by the worker only. `~` is the worker's home; other paths are absolute after parsing. */
export type Reference = { readonly file: string } | { readonly env: string };

export interface AccessSpec {
  readonly transport: 'ssh';
  readonly kubeconfig: Reference;
  readonly ssh: SshSpec;
}

export interface SshSpec {
  readonly user: string;
  readonly port: number;
  readonly privateKey: Reference;
  readonly knownHosts: Reference;
  readonly bastion: { readonly address: string; readonly port: number; readonly user: string } | null;
  readonly become: 'sudo' | 'none';
}

export interface NodeSpec {
  readonly name: string;
  /** Host name or IP for SSH; null takes the node's InternalIP. */
  readonly address: string | null;
  /** null takes access.ssh.port. */
  readonly port: number | null;
}

/** One node by its name, or those that a selector fits. */
export type Exclusion = { readonly name: string } | { readonly selector: LabelSelector };

export interface EtcdSpec {
  readonly snapshot: { readonly keep: number };
  readonly acceptOutage: boolean;
  /** Evidence of a backup where etcd is external, and its snapshot not ours to take; null where none is given. */
  readonly backup: EtcdBackup | null;
}

export interface EtcdBackup {
  /** ISO. */
  readonly takenAt: string;
  /** Where it is kept, for people. */
  readonly where: string;
  /** Who took it, or what. */
  readonly by: string;
}

export interface StagingSpec {
  /** Nodes that fetch packages and images at the same time. */
  readonly width: number;
}

export interface ControlPlaneSpec {
  readonly drain: DrainSpec;
}

export interface PoolSpec {
  readonly name: string;
  /** Label selector in the API's own form; null takes every worker that no other pool takes. */
  readonly selector: LabelSelector | null;
  /** A count (`2`) or a percentage of the pool (`10%`). */
  readonly maxUnavailable: number | string;
  /** The same for the nodes of one zone; null sets no limit by zone. */
  readonly maxUnavailablePerZone: number | string | null;
  readonly drain: DrainSpec;
}

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

export interface DrainSpec {
  readonly enabled: boolean;
  readonly timeoutSeconds: number;
  /** Seconds given to each pod; -1 takes the pod's own. */
  readonly gracePeriodSeconds: number;
  readonly deleteEmptyDir: boolean;
  readonly deleteBarePods: boolean;
  /** Label selector string of the pods to evict; null takes all. */
  readonly podSelector: string | null;
}

export interface KubeadmSpec {
  readonly certificateRenewal: boolean;
  readonly ignorePreflightErrors: readonly string[];
  readonly componentConfigs: { readonly file: string } | null;
  /** Folder of kubeadm's patch files, on the worker's machine. */
  readonly patches: { readonly file: string } | null;
}

export const FAILURE_STRATEGIES = ['hold', 'rollback-node', 'skip-within-budget'] as const;
export type FailureStrategy = (typeof FAILURE_STRATEGIES)[number];

export interface StrategySpec {
  /**
   * What happens to a worker that fails. `hold` asks a person. `rollback-node` takes it back to what it was, while fewer of its pool
   * than `maxUnavailable` went that way. `skip-within-budget` gives back one that failed before its first change, as long as fewer
   * workers of its pool have failed than `maxUnavailable`. Both ask for the others.
   */
  readonly onFailure: FailureStrategy;
}

export const ADDON_TIMES = ['first-control-plane', 'control-plane', 'workers'] as const;
export type AddonTime = (typeof ADDON_TIMES)[number];

export interface AddonSpec {
  readonly name: string;
  readonly when: AddonTime;
  readonly manifest: { readonly file: string };
}
