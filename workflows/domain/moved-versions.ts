import { compareVersions, minorDistance, parseVersion } from './version.ts';
import type { Version } from './version.ts';
import type { VersionedItem } from './skew.ts';

/** Versions of the control plane right before a step begins. What cannot be read as a version says nothing. */
export interface ControlPlaneVersions {
  /** kubernetesVersion of kubeadm-config; null where it does not say. */
  readonly kubeadmConfig: string | null;
  /** Of each API server that is known, and of the one that answers. */
  readonly apiServers: readonly VersionedItem[];
  /** Of the API server of the step's own node; null where it has none. */
  readonly own: string | null;
  /** Images in the manifests on the step's host; empty where they were not read. */
  readonly manifests: readonly VersionedItem[];
}

/** What the step is about to bring to its version: kubeadm by `apply` or by `node`, or the kubelet of such a node, or a worker. */
export type VersionedStep = 'apply' | 'node' | 'own-kubelet' | 'worker';

/**
 * What forbids a step that brings a node to `to`, a line each: a control plane that somebody has taken further since the plan was made
 * would go back with it, one that is more than a minor behind would skip one, and a kubelet may not get ahead of its API server.
 */
export function movedVersions(now: ControlPlaneVersions, to: string, step: VersionedStep): readonly string[] {
  const target = parseVersion(to);
  if (target === null) return [`the version ${to} of the plan cannot be read`];
  const config = now.kubeadmConfig === null ? [] : [{ item: 'kubeadm-config', version: now.kubeadmConfig }];
  const all = [...config, ...now.apiServers, ...now.manifests];
  return [
    ...compared(all, target).flatMap(({ item, version, order }) => (order > 0 ? [`${item} is at ${version}, beyond ${to}`] : [])),
    ...(step === 'apply' || step === 'node' ? compared([...now.apiServers, ...now.manifests], target).flatMap(({ item, version, minors }) => (minors === null || minors > 1 ? [`${item} is at ${version}, more than a minor below ${to}`] : [])) : []),
    ...(step === 'apply' || step === 'own-kubelet' ? [] : behind(config, target).map((line) => `${line}, and kubeadm upgrade node takes the version from there`)),
    ...(step === 'worker' ? behind(now.apiServers, target) : []),
    ...(step === 'own-kubelet' && now.own !== null ? behind([{ item: 'kube-apiserver of this node', version: now.own }], target) : []),
  ];
}

function behind(items: readonly VersionedItem[], target: Version): readonly string[] {
  return compared(items, target).flatMap(({ item, version, order }) => (order < 0 ? [`${item} is at ${version} only`] : []));
}

/** `order` negative where the item is older than the target; `minors` from it up to the target, null across majors. */
function compared(items: readonly VersionedItem[], target: Version): readonly (VersionedItem & { readonly order: number; readonly minors: number | null })[] {
  return items.flatMap(({ item, version }) => {
    const parsed = parseVersion(version);
    if (parsed === null) return [];
    return [{ item, version, order: compareVersions({ ...parsed, build: null }, { ...target, build: null }), minors: minorDistance(parsed, target) }];
  });
}
