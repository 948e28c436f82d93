import type { Failure } from './failure.ts';
import type { NodeObservation, Observation } from './observation.ts';
import { listed } from './order.ts';

const LABEL = 'node-role.kubernetes.io/control-plane';
const MANIFESTS = '/etc/kubernetes/manifests';

/** True where kubeadm would replace static pods of a control plane or of etcd on the node. */
export function carriesControlPlane({ roles }: Pick<NodeObservation, 'roles'>): boolean {
  return roles.includes('control-plane') || roles.includes('etcd');
}

/**
 * What keeps the driver kubeadm from knowing which nodes are its control plane and where etcd is. Each would otherwise go wrong in
 * silence: a member without gate and snapshot, or a node upgraded as what it is not.
 *
 * @param nodes Those that are planned.
 */
export function roleFailures(nodes: readonly NodeObservation[]): Failure[] {
  return [...etcdOnly(nodes), ...labelOnly(nodes)];
}

/** The same of the members of etcd, where the plan changes the control plane. Nodes of `roleFailures` are not named again. */
export function memberFailures({ etcd }: Pick<Observation, 'etcd'>, nodes: readonly NodeObservation[]): Failure[] {
  const servers = nodes.filter((node) => node.staticPods.includes('kube-apiserver'));
  return etcd.kind === 'external' ? unexpectedMembers(servers) : missingMembers(servers);
}

/** Nodes that run the control plane and lack its label: planned as what they are, and told. */
export function unlabelled(nodes: readonly NodeObservation[]): readonly string[] {
  return nodes.filter((node) => carriesControlPlane(node) && !node.isLabelled).map(({ name }) => name);
}

export function unlabelledNotes(nodes: readonly NodeObservation[]): readonly string[] {
  const names = unlabelled(nodes);
  if (names.length === 0) return [];
  return [`${listed(names)} ${names.length === 1 ? 'runs' : 'run'} the control plane without its label: upgraded as control plane. Put the label back with \`${labelCommand(names)}\`.`];
}

/** The command that puts the label back. */
export function labelCommand(names: readonly string[]): string {
  return `kubectl label ${names.length === 1 ? 'node' : 'nodes'} ${names.join(' ')} ${LABEL}=`;
}

function etcdOnly(nodes: readonly NodeObservation[]): Failure[] {
  const names = nodes.filter(({ roles }) => roles.includes('etcd') && !roles.includes('control-plane')).map(({ name }) => name);
  if (names.length === 0) return [];
  return [refused(
    `${listed(names)} ${names.length === 1 ? 'runs' : 'run'} etcd as a static pod and no API server: kubeadm upgrades no such node`,
    `Upgrade ${names.length === 1 ? 'it' : 'them'} as etcd itself is upgraded. Where kubeadm-config says that etcd is external, leave ${names.length === 1 ? 'it' : 'them'} out with spec.exclude.`,
  )];
}

function labelOnly(nodes: readonly NodeObservation[]): Failure[] {
  const names = nodes.filter((node) => node.isLabelled && !node.staticPods.includes('kube-apiserver') && node.roles.includes('control-plane')).map(({ name }) => name);
  return names.map((name) => refused(
    `${name} carries the label ${LABEL}, and its kubelet shows no static pod kube-apiserver in kube-system`,
    `Look for ${MANIFESTS}/kube-apiserver.yaml on ${name}. If it is there, see why its mirror pod is missing (\`journalctl -u kubelet\`; quotas and admission webhooks in kube-system); if ${name} is a worker, take the label away: kubectl label node ${name} ${LABEL}-`,
  ));
}

function missingMembers(servers: readonly NodeObservation[]): Failure[] {
  const without = servers.filter(({ staticPods }) => !staticPods.includes('etcd')).map(({ name }) => name);
  if (without.length === 0) return [];
  const others = servers.filter(({ name }) => !without.includes(name)).map(({ name }) => name);
  return [refused(
    `kubeadm-config says that etcd runs on the control-plane nodes, and ${listed(without)} ${without.length === 1 ? 'shows' : 'show'} no static pod etcd in kube-system${others.length === 0 ? '' : ` (${listed(others)} ${others.length === 1 ? 'does' : 'do'})`}`,
    `Look for ${MANIFESTS}/etcd.yaml on ${without[0] ?? ''}. If it is there, see why its mirror pod is missing (\`journalctl -u kubelet\`; quotas and admission webhooks in kube-system); if not, join the node's member again, or name the external members in kubeadm-config under etcd.external.`,
  )];
}

function unexpectedMembers(servers: readonly NodeObservation[]): Failure[] {
  const names = servers.filter(({ staticPods }) => staticPods.includes('etcd')).map(({ name }) => name);
  if (names.length === 0) return [];
  return [refused(
    `kubeadm-config says that etcd is external, and ${listed(names)} ${names.length === 1 ? 'runs' : 'run'} a static pod etcd`,
    'Correct etcd in the ConfigMap kubeadm-config where the cluster uses these members, or stop them where it does not.',
  )];
}

function refused(message: string, next: string): Failure {
  return { type: 'PlanRefused', message, next };
}
