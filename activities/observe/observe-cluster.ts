import type { EtcdKind, EtcdObservation, NodeObservation, Observation, StaticComponent } from '../../workflows/domain/observation.ts';
import type { AccessSpec, NodeSpec, UpgradeSpec } from '../../workflows/domain/spec.ts';
import { machineIdsOf } from '../../workflows/domain/node-identity.ts';
import { compareVersions, parseVersion } from '../../workflows/domain/version.ts';
import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import type { Role } from '../../workflows/domain/state.ts';
import { addressOf } from '../hosts/host-address.ts';
import type { HostAddress, Hosts, OpenHosts } from '../hosts/port.ts';
import type { Node, Pod } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { CORDONED_BY } from '../nodes/cordon-mark.ts';
import { isControlPlane, isReady } from '../nodes/ready.ts';
import { foreignReason } from './foreign-node.ts';
import { readKubeadmConfig } from './kubeadm-config.ts';
import { componentOf, imageTag, isMirrorOf, listStaticPods } from './static-pods.ts';

/** Reads etcd from one of its members. */
export type ReadEtcd = (hosts: Hosts, members: readonly HostAddress[]) => Promise<EtcdObservation>;

/** What is read of a cluster's API: files of `kubectl get -o json` have it as well. */
export type ObservedKube = Pick<Kube, 'clusterUid' | 'listNodes' | 'listPods' | 'getConfigMap' | 'serverVersion'>;

export interface ObserveOptions {
  readonly openKube: (access: AccessSpec) => Promise<ObservedKube>;
  readonly openHosts: OpenHosts;
  readonly readEtcd: ReadEtcd;
}

export interface ObserveInput {
  readonly access: AccessSpec;
  readonly nodes: readonly NodeSpec[];
  /** Labels that a plan is made from: no other label travels. Default: all labels. See `selectorKeys`. */
  readonly labelKeys?: readonly string[];
}

/** Label keys that a plan is made from: those that the spec's pools and exclusions select by, and the zone. */
export function selectorKeys(spec: UpgradeSpec): readonly string[] {
  const pools = spec.pools.flatMap((pool) => (pool.selector === null ? [] : [pool.selector]));
  const selectors = [...pools, ...spec.exclude.flatMap((exclusion) => ('selector' in exclusion ? [exclusion.selector] : []))];
  const keys = selectors.flatMap((selector) => [...Object.keys(selector.matchLabels), ...selector.matchExpressions.map((expression) => expression.key)]);
  return [...new Set([...keys, ZONE_LABEL])].toSorted();
}

/** What the cluster is now, read from its API and, where etcd is stacked, from one of its members. Reads only. */
export function createObserveCluster(options: ObserveOptions): (input: ObserveInput) => Promise<Observation> {
  return async function observeCluster(input) {
    const kube = await options.openKube(input.access);
    const [clusterUid, nodes, staticPods, config, answering] = await Promise.all([
      kube.clusterUid(), kube.listNodes(), listStaticPods(kube), readKubeadmConfig(kube), kube.serverVersion(),
    ]);
    const observed = nodes.map((node) => nodeObservation(node, staticPods, input)).toSorted((one, other) => (one.name < other.name ? -1 : 1));
    return {
      clusterUid,
      serverVersion: oldest(observed.flatMap((node) => node.controlPlaneVersion ?? [])) ?? answering,
      kubeadmVersion: config?.kubernetesVersion ?? null,
      imageRepository: config?.imageRepository ?? null,
      nodes: observed,
      etcd: await etcdObservation(options, input, config?.etcd ?? 'stacked', observed),
    };
  };
}

function nodeObservation(node: Node, staticPods: readonly Pod[], input: ObserveInput): NodeObservation {
  const { name, uid } = node.metadata;
  const { kubeletVersion, machineID, systemUUID } = node.status.nodeInfo;
  const own = staticPods.filter((pod) => isMirrorOf(pod, node));
  const components = [...new Set(own.flatMap((pod) => componentOf(pod) ?? []))].toSorted();
  return {
    name,
    uid,
    ...machineIdsOf(machineID, systemUUID),
    roles: rolesOf(components, isControlPlane(node)),
    staticPods: components,
    isLabelled: isControlPlane(node),
    foreign: foreignReason(node),
    address: addressOf(node, input.nodes),
    kubeletVersion,
    controlPlaneVersion: imageTag(own.find((pod) => componentOf(pod) === 'kube-apiserver') ?? null),
    ready: isReady(node),
    unschedulable: node.spec.unschedulable === true,
    ...cordonMarkOf(node),
    labels: keptLabels(node, input.labelKeys),
  };
}

function cordonMarkOf({ spec, metadata }: Node): Pick<NodeObservation, 'cordonMark'> {
  const mark = metadata.annotations?.[CORDONED_BY];
  return spec.unschedulable === true && mark !== undefined ? { cordonMark: mark } : {};
}

/** A label makes no worker of a node that runs the control plane; one that only has the label is not taken for a worker either. */
function rolesOf(components: readonly StaticComponent[], isLabelled: boolean): readonly Role[] {
  const roles: Role[] = [];
  if (components.includes('etcd')) roles.push('etcd');
  if (components.includes('kube-apiserver') || isLabelled) roles.push('control-plane');
  return roles.length === 0 ? ['worker'] : roles;
}

function keptLabels(node: Node, keys: readonly string[] | undefined): Readonly<Record<string, string>> {
  const labels = Object.entries(node.metadata.labels ?? {});
  return Object.fromEntries(keys === undefined ? labels : labels.filter(([key]) => keys.includes(key)));
}

function oldest(versions: readonly string[]): string | null {
  const parsed = versions.flatMap((text) => {
    const version = parseVersion(text);
    return version === null ? [] : [{ text, version }];
  });
  return parsed.toSorted((one, other) => compareVersions(one.version, other.version))[0]?.text ?? null;
}

/** Where no node shows a member, nobody is asked: the planner says what that means. */
async function etcdObservation(options: ObserveOptions, input: ObserveInput, kind: EtcdKind, nodes: readonly NodeObservation[]): Promise<EtcdObservation> {
  const members = nodes.filter((node) => node.roles.includes('etcd'));
  if (kind === 'external' || members.length === 0) return { kind, members: [], alarms: [] };
  const hosts = await options.openHosts(input.access);
  return options.readEtcd(hosts, members.map((node) => hostAddress(node, input)));
}

/** Where SSH reaches a node. */
export function hostAddress(node: NodeObservation, input: Pick<ObserveInput, 'access' | 'nodes'>): HostAddress {
  const port = input.nodes.find((spec) => spec.name === node.name)?.port ?? input.access.ssh.port;
  return { name: node.name, address: node.address, port };
}
