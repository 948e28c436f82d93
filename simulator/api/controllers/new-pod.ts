import type { ApiObject } from '../../model.ts';
import { timestamp } from '../conditions.ts';
import type { Pod, PodSpec, PodTemplate, Toleration, Workload } from '../kinds.ts';

const LIFECYCLE_TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
];

export interface NewPod {
  readonly owner: ApiObject;
  readonly name: string;
  readonly template: PodTemplate;
  readonly labels?: Readonly<Record<string, string>>;
  /** Changes of the template's spec. */
  readonly spec?: Partial<PodSpec>;
  readonly nowMs: number;
}

/** A pod as its controller makes it, with what the API's admission adds. */
export function newPod({ owner, name, template, labels, spec, nowMs }: NewPod): Pod {
  const annotations = template.metadata?.annotations;
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? 'default',
      // One object for all pods of a template: what was found out about its labels holds for each.
      labels: labels === undefined ? template.metadata?.labels ?? {} : { ...template.metadata?.labels, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference(owner)],
      creationTimestamp: timestamp(nowMs),
    },
    spec: withDefaults({ ...template.spec, ...spec }),
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}

export function ownerReference(owner: ApiObject): { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string; readonly controller: true; readonly blockOwnerDeletion: true } {
  return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}

/** The API's defaults that something here reads. */
export function withDefaults(spec: PodSpec): PodSpec {
  const tolerations = spec.tolerations ?? [];
  const missing = LIFECYCLE_TOLERATIONS.filter((own) => !tolerations.some((other) => other.operator === 'Exists' && (other.key === undefined || other.key === own.key) && (other.effect === undefined || other.effect === own.effect)));
  return {
    serviceAccountName: 'default', restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler', terminationGracePeriodSeconds: 30,
    ...spec,
    tolerations: [...tolerations, ...missing],
  };
}

/** A workload with another status; the very same object where nothing changes. */
export function withStatus(workload: Workload, status: Readonly<Record<string, unknown>>): Workload {
  const known = workload.status ?? {};
  if (Object.entries(status).every(([key, value]) => known[key] === value)) return workload;
  return { ...workload, status: { ...known, ...status } };
}
