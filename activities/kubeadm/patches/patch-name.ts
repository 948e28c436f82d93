/** What kubeadm patches. */
export const PATCH_TARGETS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd', 'kubeletconfiguration', 'corednsdeployment'] as const;
export type PatchTarget = (typeof PATCH_TARGETS)[number];

export const PATCH_TYPES = ['strategic', 'merge', 'json'] as const;
export type PatchType = (typeof PATCH_TYPES)[number];

export interface PatchName {
  readonly target: PatchTarget;
  readonly type: PatchType;
}

/** `target[suffix][+patchtype].extension`, from begin to end: what kubeadm would only warn of, or pass over, is not such a name. */
const FORM = /^(kube-apiserver|kube-controller-manager|kube-scheduler|etcd|kubeletconfiguration|corednsdeployment)([\w-]*)(?:\+(json|merge|strategic))?\.(json|yaml)$/;

/** Target and type that kubeadm reads from the name of a patch file; null where it reads none. */
export function parsePatchName(name: string): PatchName | null {
  const found = FORM.exec(name);
  const target = PATCH_TARGETS.find((known) => known === found?.[1]);
  return target === undefined ? null : { target, type: PATCH_TYPES.find((known) => known === found?.[3]) ?? 'strategic' };
}
