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
  /** The engine has a pod of a budget removed from its node; `healthy` pods are left and the budget asks for `wanted`. */
  | { readonly kind: 'removal'; readonly pod: string; readonly node: string | null; readonly budget: string; readonly healthy: number; readonly wanted: number }
  /** What a person is about to say of a node that is held; `reason` is what the upgrade says of it. */
  | { readonly kind: 'decision'; readonly node: string; readonly decision: HoldDecision; readonly reason: string }
  /** Any other word of a person that changes what may happen, told just before it is said. */
  | { readonly kind: 'word'; readonly word: LooseningWord }
  | { readonly kind: 'ended'; readonly state: string; readonly reason: string; readonly target: string; readonly nodes: readonly EndedNode[]; readonly units: readonly string[] }
);

/** Decisions about a node that is held. */
export const HOLD_DECISIONS = ['retry', 'retry-from', 'skip', 'rollback', 'force-drain'] as const;
export type HoldDecision = (typeof HOLD_DECISIONS)[number];

/** Words after which something is allowed that was not before. */
export type LooseningWord =
  | { readonly kind: 'cancel' }
  /** This worker goes back; null: all of them. */
  | { readonly kind: 'rollback'; readonly node: string | null }
  /** The whole cluster goes back. */
  | { readonly kind: 'restore' }
  | { readonly kind: 'set'; readonly maxUnavailable: number };

/** Whose cordon it is. */
export type Cordon = 'ours' | 'person' | null;

export interface EndedNode {
  readonly name: string;
  readonly kubelet: string;
  /** Kubelet before the upgrade. */
  readonly former: string;
  readonly isReady: boolean;
  /** As the upgrade's report calls it: `done`, `skipped`, `rolled-back`; empty where there is no report. */
  readonly state: string;
}

/** What a run was given to keep. */
export interface Limits {
  readonly maxUnavailable: number;
  readonly controlPlanes: readonly string[];
  /** Nodes that a person cordoned before. */
  readonly cordonedBefore: readonly string[];
}
