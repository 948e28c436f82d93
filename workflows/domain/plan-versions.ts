import type { Failure } from './failure.ts';
import { planHops } from './hops.ts';
import type { NodeObservation, Observation } from './observation.ts';
import { skewViolations } from './skew.ts';
import type { NodeProgram, SkewViolation, VersionedItem } from './skew.ts';
import type { UpgradeSpec } from './spec.ts';
import { compareVersions, formatVersion, parseVersion } from './version.ts';
import type { Version } from './version.ts';

/** What the versions of the cluster and the target mean for the plan. */
export interface PlannedVersions {
  /** The oldest that is left: of the API servers, else of kubeadm-config, else of the kubelets. */
  readonly from: string;
  readonly to: string;
  /** True once kubeadm-config names the target: `kubeadm upgrade apply` is done. */
  readonly applied: boolean;
  readonly hasControlPlaneAtTarget: (node: NodeObservation) => boolean;
  /** Kubelet and, on the control plane, the static pods. */
  readonly isAtTarget: (node: NodeObservation) => boolean;
}

export interface VersionsResult {
  /** Null where failures keep the rest from being planned. */
  readonly value: PlannedVersions | null;
  readonly failures: readonly Failure[];
}

/** Checks target, downgrade, hops and skew, now and with the control plane at the target. */
export function planVersions(spec: UpgradeSpec, observation: Observation): VersionsResult {
  const target = parseVersion(spec.target.version);
  if (target === null) return refused([targetFailure('SpecInvalid', `${spec.target.version} is no Kubernetes version`, 'Write a version such as v1.34.4.')]);
  const server = parseVersion(observation.serverVersion);
  if (server === null) return refused([clusterFailure(`the API server says its version is ${observation.serverVersion}, which cannot be read`, 'Check the cluster with: kubectl version')]);
  const configured = observation.kubeadmVersion === null ? null : parseVersion(observation.kubeadmVersion);
  if (configured === null) {
    return refused([clusterFailure(
      'the ConfigMap kubeadm-config in kube-system names no kubernetesVersion, so this is no cluster that kubeadm can upgrade',
      'Check it with: kubectl -n kube-system get configmap kubeadm-config -o yaml',
    )]);
  }
  const failures = [...controlPlaneFailures(observation), ...hopFailures(server, target), ...newerFailures(observation, configured, target)];
  // A downgrade breaks the skew policy as well; one reason is enough.
  if (failures.length === 0) failures.push(...skewFailures(observation, target));
  return { value: describe(observation, server, configured, target), failures };
}

function describe(observation: Observation, server: Version, configured: Version, target: Version): PlannedVersions {
  const kubelets = observation.nodes.flatMap((node) => parseVersion(node.kubeletVersion) ?? []);
  const left = [server, configured, ...kubelets.toSorted(compareVersions)].find((version) => compareVersions(version, target) !== 0);
  const isTarget = (text: string | null): boolean => {
    const version = text === null ? null : parseVersion(text);
    return version !== null && compareVersions(version, target) === 0;
  };
  const hasControlPlaneAtTarget = (node: NodeObservation): boolean => isTarget(node.controlPlaneVersion);
  return {
    from: formatVersion(left ?? target),
    to: formatVersion(target),
    applied: compareVersions(configured, target) === 0,
    hasControlPlaneAtTarget,
    isAtTarget: (node) => isTarget(node.kubeletVersion) && (!node.roles.includes('control-plane') || hasControlPlaneAtTarget(node)),
  };
}

function controlPlaneFailures(observation: Observation): Failure[] {
  if (observation.nodes.some((node) => node.roles.includes('control-plane'))) return [];
  return [clusterFailure(
    'no node of the cluster runs kube-apiserver as a static pod in kube-system, so there is no control plane that kubeadm can upgrade',
    'Check it with: kubectl -n kube-system get pods -o wide',
  )];
}

function hopFailures(server: Version, target: Version): Failure[] {
  const hops = planHops(server, target);
  return hops.ok ? [] : [targetFailure('PlanRefused', hops.message, hops.next)];
}

/** Single nodes, or kubeadm-config, ahead of the target: to bring them there would be a downgrade that nobody asked for. */
function newerFailures(observation: Observation, configured: Version, target: Version): Failure[] {
  const server = parseVersion(observation.serverVersion);
  if (server !== null && compareVersions(server, target) > 0) return [];
  const items = [
    { item: 'kubeadm-config', version: formatVersion(configured) },
    ...apiServersOf(observation), ...kubeletsOf(observation),
  ];
  return items.filter(({ version }) => isNewer(version, target)).map(({ item, version }) => targetFailure(
    'PlanRefused',
    `${item} is at ${version}, which is newer than the target ${formatVersion(target)}: this would be a downgrade`,
    `Write a target of ${version} or newer.`,
  ));
}

function isNewer(text: string, target: Version): boolean {
  const version = parseVersion(text);
  return version !== null && compareVersions(version, target) > 0;
}

function skewFailures(observation: Observation, target: Version): Failure[] {
  const kubelets = kubeletsOf(observation);
  const now = skewViolations({ apiServers: apiServersOf(observation), kubelets, kubeProxies: [] });
  if (now.length > 0) return now.map((violation) => skewFailure('now', violation));
  const apiServers = [{ item: 'the upgraded control plane', version: formatVersion(target) }];
  return skewViolations({ apiServers, kubelets: kubelets.map(({ item, version }) => ({ item, version })), kubeProxies: [] }).map((violation) => skewFailure('once the control plane is upgraded', violation));
}

function skewFailure(when: string, { item, version, rule }: SkewViolation): Failure {
  return clusterFailure(
    `${item} is at ${version}, which breaks the version skew policy ${when}: ${rule}`,
    'Bring this node to a version that the policy allows first; the policy is never waived.',
  );
}

function apiServersOf(observation: Observation): VersionedItem[] {
  return observation.nodes.flatMap(({ name, controlPlaneVersion }) =>
    controlPlaneVersion === null ? [] : [{ item: `the API server of ${name}`, version: controlPlaneVersion }]);
}

function kubeletsOf(observation: Observation): NodeProgram[] {
  return observation.nodes.map(({ name, kubeletVersion, controlPlaneVersion }) => ({ item: `the kubelet of ${name}`, version: kubeletVersion, ownApiServer: controlPlaneVersion }));
}

function refused(failures: readonly Failure[]): VersionsResult {
  return { value: null, failures };
}

function clusterFailure(message: string, next: string): Failure {
  return { type: 'PlanRefused', message, next };
}

function targetFailure(type: 'SpecInvalid' | 'PlanRefused', message: string, next: string): Failure {
  const path = 'spec.target.version';
  return { type, message: `${path}: ${message}`, next, path };
}
