import type { Finding } from '../../../workflows/domain/check.ts';
import { hostFinding } from '../host-finding.ts';
import type { Loss, LossKind } from './loss.ts';

const MOST_NAMED = 12;
/** Part of the ClusterConfiguration that a component is made from. */
const PARTS: Readonly<Record<string, string>> = { 'kube-apiserver': 'apiServer', 'kube-controller-manager': 'controllerManager', 'kube-scheduler': 'scheduler', etcd: 'etcd.local' };
const ENCRYPTION = '--encryption-provider-config';

/**
 * What an upgrade would take from a static pod. A warning is what a person's own configuration says otherwise, and a probe, as
 * versions of kubeadm differ in them; all else blocks.
 */
export function staticPodFindings(node: string, component: string, losses: readonly Loss[]): readonly Finding[] {
  const decided = losses.filter(({ isDecided }) => isDecided);
  const probes = losses.filter(({ kind, isDecided }) => kind === 'probe' && !isDecided);
  const others = losses.filter(({ kind, isDecided }) => kind !== 'probe' && !isDecided);
  return [
    ...(others.length === 0 ? [] : [hostFinding('static-pod-loss', 'block', node, `${component} runs with ${listed(others.map(({ what }) => what))}, which kubeadm would not write: the upgrade would take it away.${consequence(others)}`, wayToKeep(component, others))]),
    ...(decided.length === 0 ? [] : [hostFinding('static-pod-loss', 'warn', node, `${component} runs with ${listed(decided.map(({ what }) => what))}, and the ConfigMap kubeadm-config or a patch says otherwise: the upgrade brings what they say.`, 'Where what runs is right, correct the ConfigMap kubeadm-config (kube-system) or the patch.')]),
    ...(probes.length === 0 ? [] : [hostFinding('static-pod-loss', 'warn', node, `kubeadm would write ${listed(probes.map(({ what }) => what.replace(/^its/, `the ${component}'s`)))} in another form.`, wayToKeep(component, probes))]),
  ];
}

function consequence(losses: readonly Loss[]): string {
  return losses.some(({ what }) => what.startsWith(ENCRYPTION)) ? ' Without its provider of encryption the API server reads no object that is encrypted in etcd.' : '';
}

function wayToKeep(component: string, losses: readonly Loss[]): string {
  const kinds = new Set(losses.map(({ kind }) => kind));
  const part = PARTS[component] ?? component;
  const keys = [...kinds].flatMap((kind) => keyOf(kind, part) ?? []);
  const ways = [
    ...(keys.length === 0 ? [] : [`${keys.join(', ')} of the ClusterConfiguration in the ConfigMap kubeadm-config (kube-system)`]),
    // kubeadm decides about images: no patch may.
    ...(kinds.has('image') && kinds.size === 1 ? [] : [`a patch of ${component} in the folder that spec.kubeadm.patches names`]),
  ];
  return `To keep it, put it into ${ways.join(', or into ')}.`;
}

/** Key that kubeadm has for it; null where only a patch can say it. */
function keyOf(kind: LossKind, part: string): string | null {
  const isEtcd = part === 'etcd.local';
  switch (kind) {
    case 'flag': return `${part}.extraArgs`;
    case 'env': return `${part}.extraEnvs`;
    case 'volume': return isEtcd ? null : `${part}.extraVolumes`;
    case 'image': return isEtcd ? `${part}.imageRepository and ${part}.imageTag` : 'imageRepository';
    case 'probe':
    case 'other': return null;
  }
}

/** What `kubeadm upgrade node` or `apply` would take from a node's kubelet. */
export function kubeletFinding(node: string, losses: readonly string[]): Finding {
  if (losses.length === 0) return hostFinding('kubelet-config-loss', 'info', node, 'kubeadm keeps every key of the kubelet\'s configuration.');
  return hostFinding(
    'kubelet-config-loss', 'block', node,
    `/var/lib/kubelet/config.yaml has ${listed(losses)}, and kubeadm writes that file from the ConfigMap kubelet-config: the upgrade would take it away.`,
    'To keep it on every node, put it into the ConfigMap kubelet-config (kube-system) or into a patch of kubeletconfiguration in the folder that spec.kubeadm.patches names; for this node alone, into a file of the kubelet\'s --config-dir.',
  );
}

export function listed(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${named} and ${names.length - MOST_NAMED} more` : named;
}
