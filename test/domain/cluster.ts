import { STATIC_COMPONENTS } from '../../workflows/domain/observation.ts';
import type { EtcdMemberObservation, NodeObservation, Observation } from '../../workflows/domain/observation.ts';
import { machineIdsOf } from '../../simulator/machine-ids.ts';
import type { DrainSpec, LabelSelector, PoolSpec, UpgradeSpec } from '../../workflows/domain/spec.ts';

/** Clusters and specs for tests: small ones, with what a test is about given by it. */

export const OLD = 'v1.33.13';
export const NEW = 'v1.34.4';

const DRAIN: DrainSpec = { enabled: true, timeoutSeconds: 900, gracePeriodSeconds: -1, deleteEmptyDir: false, deleteBarePods: false, podSelector: null };

export function pool(name: string, maxUnavailable: number | string, matchLabels: Readonly<Record<string, string>> | null = null): PoolSpec {
  const selector: LabelSelector | null = matchLabels === null ? null : { matchLabels, matchExpressions: [] };
  return { name, selector, maxUnavailable, maxUnavailablePerZone: null, drain: DRAIN };
}

export function spec(parts: Partial<UpgradeSpec> = {}): UpgradeSpec {
  return {
    name: 'prod', driver: 'kubeadm', target: { version: NEW },
    access: {
      transport: 'ssh', kubeconfig: { file: '~/.kube/config' },
      ssh: { user: 'ops', port: 22, privateKey: { file: '~/.ssh/id' }, knownHosts: { file: '~/.ssh/known_hosts' }, bastion: null, become: 'sudo' },
    },
    nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null }, staging: { width: 20 }, pools: [pool('default', 1)],
    packages: { repository: null }, kubeadm: { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null }, addons: [],
    ...parts,
  };
}

export function controlPlane(name: string, parts: Partial<NodeObservation> = {}): NodeObservation {
  return { ...worker(name), roles: ['etcd', 'control-plane'], staticPods: STATIC_COMPONENTS, isLabelled: true, controlPlaneVersion: OLD, ...parts };
}

/** One whose etcd is elsewhere. */
export function withoutMember(name: string, parts: Partial<NodeObservation> = {}): NodeObservation {
  return controlPlane(name, { roles: ['control-plane'], staticPods: STATIC_COMPONENTS.filter((component) => component !== 'etcd'), ...parts });
}

export function worker(name: string, parts: Partial<NodeObservation> = {}): NodeObservation {
  return {
    name, uid: `uid-${name}`, ...machineIdsOf('prod', name), roles: ['worker'], staticPods: [], isLabelled: false, foreign: null, address: `${name}.example`, kubeletVersion: OLD, controlPlaneVersion: null,
    ready: true, unschedulable: false, labels: {}, ...parts,
  };
}

export function member(node: string, leader = false): EtcdMemberObservation {
  return { id: `id-${node}`, name: node, node, version: '3.5.24', leader, learner: false, healthy: true, dbSize: 1000 };
}

/** A cluster of these nodes, with an etcd member on each that has the role, the first of them leading. */
export function cluster(nodes: readonly NodeObservation[], parts: Partial<Observation> = {}): Observation {
  const carriers = nodes.filter((node) => node.roles.includes('etcd'));
  return {
    clusterUid: 'uid-cluster', serverVersion: OLD, kubeadmVersion: OLD, imageRepository: 'registry.example', nodes,
    etcd: { kind: 'stacked', members: carriers.map((node, index) => member(node.name, index === 0)), alarms: [] },
    ...parts,
  };
}

/** The cluster of the lab: three control-plane nodes, two workers. */
export function labCluster(): Observation {
  return cluster([controlPlane('cp-1'), controlPlane('cp-2'), controlPlane('cp-3'), worker('w-1'), worker('w-2')]);
}
