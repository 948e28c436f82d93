import type { PlannedNode } from './plan.ts';
import type { NodeStepInput, PackageStepInput } from './step.ts';

/** A verified etcd snapshot on the worker's machine. */
export interface RestoreSnapshot {
  /** Path on the worker's machine. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly revision: number;
  /** Host's clock, ISO. */
  readonly takenAt: string;
  /** etcd that the snapshot was taken of, and that will run again. */
  readonly etcdVersion: string;
}

/** Objects of one kind that were written after the snapshot, and are lost by its restore. */
export interface WrittenKind {
  /** As etcd names it: `pods`, `deployments`, `example.com/widgets`. */
  readonly kind: string;
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  /** At most five, `namespace/name`; created ones first, then deleted ones. */
  readonly examples: readonly string[];
}

/** What a restore of a whole cluster will do. Written before anything is changed. */
export interface RestorePlan {
  readonly cluster: string;
  readonly clusterUid: string;
  /** Id of the upgrade whose snapshot and records are restored: `/var/lib/capstan/<upgrade>` on every host. */
  readonly upgrade: string;
  /** Control plane now; null where no API server answers. */
  readonly from: string | null;
  readonly to: string;
  readonly snapshot: RestoreSnapshot;
  /** All control-plane and etcd nodes; `from` is what runs now, `to` what comes back. */
  readonly nodes: readonly PlannedNode[];
  /** Workers whose kubelet is newer than the API server that comes back, and those that the upgrade has begun to change. */
  readonly workers: readonly PlannedNode[];
  /** Workers whose hosts did not answer, and that stay as they are: the API says that their kubelets are old enough. */
  readonly unasked: readonly string[];
  /** By kind, most first; null where the live store could not be read. */
  readonly written: readonly WrittenKind[] | null;
  /** Why `written` is null; null where it is not. */
  readonly writtenUnknown: string | null;
}

/** Input of the steps of a restore on one control-plane or etcd node. */
export interface RestoreStepInput extends NodeStepInput {
  readonly snapshot: RestoreSnapshot;
  /** All members, in the order of their names: each restores the same cluster. */
  readonly members: readonly PlannedNode[];
}

/** Input of the steps that put packages and configuration back. `node.to` is what ran before. */
export interface RestorePackagesInput extends PackageStepInput {
  readonly snapshot: RestoreSnapshot;
}
