import type { Condition, Node, ObjectMeta, OwnerReference, Selector } from '../kubernetes/objects.ts';

/** Objects as `kubectl get -o json` writes them: only the fields that a dump is made from. */
export interface RawNode extends Node {
  readonly status: Node['status'] & { readonly allocatable?: Readonly<Record<string, string | number>> };
}

export interface RawRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface RawNodeTerm {
  readonly matchExpressions?: readonly RawRequirement[];
}

export interface RawContainer {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
}

export interface RawPodSpec {
  readonly nodeName?: string;
  readonly containers: readonly RawContainer[];
  readonly initContainers?: readonly RawContainer[];
  readonly volumes?: readonly { readonly name: string; readonly emptyDir?: object; readonly persistentVolumeClaim?: { readonly claimName: string } }[];
  readonly tolerations?: readonly { readonly key?: string; readonly operator?: string; readonly value?: string; readonly effect?: string }[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: {
    readonly nodeAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly RawNodeTerm[] } };
    readonly podAntiAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly { readonly labelSelector?: Selector; readonly topologyKey: string }[] };
  };
  readonly topologySpreadConstraints?: readonly { readonly maxSkew: number; readonly topologyKey: string; readonly whenUnsatisfiable: string; readonly labelSelector?: Selector }[];
  readonly terminationGracePeriodSeconds?: number;
  readonly priorityClassName?: string;
}

export interface RawPod {
  readonly metadata: ObjectMeta;
  readonly spec: RawPodSpec;
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** A Deployment, ReplicaSet, StatefulSet, DaemonSet or Job. */
export interface RawWorkload {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly replicas?: number; readonly parallelism?: number; readonly selector?: Selector };
}

export interface RawVolume {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms?: readonly RawNodeTerm[] } };
    readonly claimRef?: { readonly namespace?: string; readonly name?: string };
  };
}

export function controllerRef(meta: ObjectMeta): OwnerReference | null {
  return meta.ownerReferences?.find((owner) => owner.controller === true) ?? null;
}
