import type { MachineIds } from './node-identity.ts';
import type { ExecutedSpec } from './executed-spec.ts';
import type { PlannedFile } from './planned-file.ts';
import type { EtcdBackup } from './spec.ts';
import type { Role, UpgradePhase } from './state.ts';

/** One minor upward, or a patch within a minor. */
export interface Hop {
  readonly from: string;
  readonly to: string;
}

/** Plan of one cluster upgrade: what the operator sees and approves, and all that is executed. */
export interface UpgradePlan {
  readonly cluster: string;
  readonly clusterUid: string;
  readonly driver: 'kubeadm';
  readonly from: string;
  readonly to: string;
  readonly hops: readonly Hop[];
  readonly phases: readonly PlannedPhase[];
  readonly nodes: readonly PlannedNode[];
  /** Nodes that the cluster lists and the plan leaves as they are, by name; absent where there is none. */
  readonly leftOut?: readonly LeftOutNode[];
  readonly etcd: {
    readonly kind: 'stacked' | 'external'; readonly members: number; readonly outage: boolean;
    /** The evidence that the spec gives of a backup of an external etcd; absent where etcd is stacked or none is given. */
    readonly backup?: EtcdBackup;
  };
  /** False where every node, component and add-on is at the target already. */
  readonly changes: boolean;
  /** What the operator should know before saying yes, such as the outage of a small etcd or the point of no return. */
  readonly notes: readonly string[];
  /** imageRepository of kubeadm-config: where images come from; null takes kubeadm's default. */
  readonly imageRepository: string | null;
  /** What of the spec is executed, with the checks that are waived. */
  readonly spec: ExecutedSpec;
  /** Files that are applied, with their content's digest; empty where nothing changes. */
  readonly files: readonly PlannedFile[];
  /** Of all of the above but what leadership of etcd decides; see `hashPlan`. */
  readonly hash: string;
}

export interface PlannedPhase {
  readonly phase: UpgradePhase;
  /** Index into `hops`. */
  readonly hop: number;
  /** Worker pool; absent for the control plane. */
  readonly pool?: string;
  /** Width of the window: nodes of this phase that may be down at once. */
  readonly maxUnavailable: number;
  /** The same by zone, for each zone that the pool has nodes in; absent where the spec sets no limit by zone. */
  readonly maxUnavailablePerZone?: Readonly<Record<string, number>>;
  /** Node names. One group per node for the control plane; one group in start order for a window. */
  readonly groups: readonly (readonly string[])[];
}

/** `foreign`: another tool upgrades it. `excluded`: by the spec. `unready`: a worker that was not Ready before the start. */
export const LEFT_OUT_KINDS = ['foreign', 'excluded', 'unready'] as const;

export interface LeftOutNode {
  readonly name: string;
  readonly kind: (typeof LEFT_OUT_KINDS)[number];
  /** For people, after the name. */
  readonly reason: string;
  /** Pool whose window it narrows; absent but for `unready`. */
  readonly pool?: string;
}

/**
 * A node as the plan sees it; carries all that its steps need of the spec but credentials. Of `machineId` and `systemUuid` it has the
 * one that ties it to its host (`provingIds`): no command runs on a host that has another. Where both are null, the certificate of the
 * host's kubelet has to name the node.
 */
export interface PlannedNode extends MachineIds {
  readonly name: string;
  readonly uid: string;
  readonly roles: readonly Role[];
  readonly address: string;
  readonly port: number;
  readonly pool: string | null;
  /** Label `topology.kubernetes.io/zone`; null where the node has none. */
  readonly zone: string | null;
  /** Kubelet version now. */
  readonly from: string;
  readonly to: string;
  /** True for the control-plane node that runs `kubeadm upgrade apply`; where etcd is stacked, as long as leadership stays where it is. */
  readonly first: boolean;
  /** Cordoned by a person before: stays so. */
  readonly cordoned: boolean;
  /** Cordoned by an upgrade before, whose cordon is taken over and lifted with the node's upgrade; absent is false. */
  readonly takenOver?: boolean;
  /** False where this node is at the target already: nothing will be done to it. */
  readonly changes: boolean;
}
