import type { StepMoment } from '../../../simulator/hosts/steps.ts';

/** Etcd as its members are, whatever anybody was told of them. */
export interface EtcdState {
  readonly members: readonly { readonly node: string; readonly running: boolean; readonly learner: boolean }[];
  readonly alarms: number;
  readonly leader: string | null;
}

/** Versions that run now, by node. */
export interface RunningVersions {
  readonly kubelets: Readonly<Record<string, string>>;
  /** Of control-plane nodes. */
  readonly apiServers: Readonly<Record<string, string>>;
}

interface Common {
  /** Real time, ms. */
  readonly atMs: number;
  readonly etcd: EtcdState;
}

/** What happened on a twin, from its own store, journal and hosts, and what its operator decided. */
export type TwinEvent = Common & (
  | { readonly kind: 'node'; readonly node: string; readonly cordon: Cordon; readonly isTainted: boolean }
  | { readonly kind: 'lease'; readonly isHeld: boolean }
  /** An entry of the journal. */
  | { readonly kind: 'effect'; readonly node: string; readonly effect: string; readonly detail: string; readonly versions: RunningVersions }
  | { readonly kind: 'step'; readonly node: string; readonly step: string; readonly moment: StepMoment; readonly intent: number; readonly retry: number }
  /** The engine has a pod of a budget removed; `healthy` pods are left and the budget asks for `wanted`. */
  | { readonly kind: 'removal'; readonly pod: string; readonly budget: string; readonly healthy: number; readonly wanted: number }
  | { readonly kind: 'decision'; readonly node: string; readonly decision: 'retry' | 'skip'; readonly reason: string }
  | { readonly kind: 'ended'; readonly state: string; readonly reason: string; readonly target: string; readonly nodes: readonly EndedNode[]; readonly units: readonly string[] }
);

/** Whose cordon it is. */
export type Cordon = 'ours' | 'person' | null;

export interface EndedNode {
  readonly name: string;
  readonly kubelet: string;
  readonly isReady: boolean;
  readonly isSkipped: boolean;
}

/** What a run was given to keep. */
export interface Limits {
  readonly maxUnavailable: number;
  readonly controlPlanes: readonly string[];
  /** Nodes that a person cordoned before. */
  readonly cordonedBefore: readonly string[];
}
