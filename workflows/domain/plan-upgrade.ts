import { leaderLast, orderControlPlane } from './control-plane-order.ts';
import { executedSpec } from './executed-spec.ts';
import type { Failure } from './failure.ts';
import type { NodeObservation, Observation } from './observation.ts';
import type { LeftOutNode, PlannedNode, PlannedPhase, UpgradePlan } from './plan.ts';
import { provingIds } from './node-identity.ts';
import { planHosts } from './plan-hosts.ts';
import type { PlannedHost } from './plan-hosts.ts';
import { planNotes } from './plan-notes.ts';
import { leftOutNotes, planNodes, staleNotes, withPools } from './plan-nodes.ts';
import { planPools, roomFailures } from './plan-pools.ts';
import type { PlannedPool } from './plan-pools.ts';
import { planVersions } from './plan-versions.ts';
import type { PlannedVersions } from './plan-versions.ts';
import { compareNames } from './order.ts';
import { etcdFailures, planEtcd, unusedBackup } from './plan-etcd.ts';
import { memberFailures, roleFailures, unlabelledNotes } from './plan-roles.ts';
import type { UpgradeSpec } from './spec.ts';
import { waiverFailures } from './waiver.ts';
import { zoneOf } from './zone.ts';

/** A plan before the digests of its files and its hash are added: both are an effect's business. */
export type UnhashedPlan = Omit<UpgradePlan, 'hash'>;

export type PlanResult =
  | { readonly ok: true; readonly plan: UnhashedPlan }
  | { readonly ok: false; readonly failures: readonly Failure[] };

/**
 * Computes what is left to do. From any half-done cluster the plan is the remaining tail: a node at the target has
 * `changes: false` and is in no group, and a plan of a finished cluster has no phases.
 *
 * Only what decides what is executed is in the plan (nodes, identities, roles, addresses, versions, pools, cordons, target,
 * who is left out, image repository, the executed part of the spec, content of files), so that its hash stays the same while they do; health, sizes
 * and free-form labels are not, and what leadership decides is left out of the hash.
 *
 * Failures are of type `SpecInvalid` where the spec must change and `PlanRefused` where the cluster forbids it; all
 * of them are listed at once.
 */
export function planUpgrade(spec: UpgradeSpec, cluster: Observation): PlanResult {
  const { nodes, unready, leftOut, failures: excluded } = planNodes(spec, cluster.nodes);
  const observation = { ...cluster, nodes };
  // A kubelet that is away comes back at the version that it had.
  const versions = planVersions(spec, { ...cluster, nodes: [...nodes, ...unready] });
  const hosts = planHosts(spec, nodes, cluster.nodes);
  const pools = planPools(spec, nodes, unready);
  const failures = [...versions.failures, ...excluded, ...roleFailures(nodes), ...hosts.failures, ...pools.failures, ...waiverFailures(spec.ignore ?? [], cluster.nodes)];
  if (versions.value === null) return { ok: false, failures };

  const pending = pendingNodes(observation, versions.value);
  if (pending.controlPlane.length > 0) failures.push(...memberFailures(observation, nodes));
  failures.push(...etcdFailures(spec, observation, pending.controlPlane), ...roomFailures(pools.pools, pending.workers, nodes));
  if (failures.length > 0) return { ok: false, failures };
  const notes = [...unusedBackup(spec, cluster), ...unlabelledNotes(nodes), ...leftOutNotes(leftOut), ...staleNotes(leftOut, cluster.nodes, versions.value.to)];
  return { ok: true, plan: assemble({ spec, observation, cluster, versions: versions.value, hosts: hosts.hosts, pools: pools.pools, pending, leftOut: withPools(leftOut, pools.pools), notes }) };
}

interface PlanParts {
  readonly spec: UpgradeSpec;
  /** Of the nodes that are planned. */
  readonly observation: Observation;
  /** Of all nodes. */
  readonly cluster: Observation;
  readonly versions: PlannedVersions;
  readonly hosts: ReadonlyMap<string, PlannedHost>;
  readonly pools: readonly PlannedPool[];
  readonly pending: PendingNodes;
  readonly leftOut: readonly LeftOutNode[];
  readonly notes: readonly string[];
}

interface PendingNodes {
  /** In planned order. */
  readonly controlPlane: readonly NodeObservation[];
  /** Name of the node that runs `kubeadm upgrade apply`; null where that is done. */
  readonly first: string | null;
  readonly workers: ReadonlySet<string>;
}

/**
 * `apply` is done once kubeadm-config names the target; until then the first of the order runs it, even where its own
 * kubelet and static pods are at the target, because `kubeadm upgrade node` takes the version from kubeadm-config.
 */
function pendingNodes(observation: Observation, versions: PlannedVersions): PendingNodes {
  const controlPlane = observation.nodes.filter((node) => node.roles.includes('control-plane'));
  const ordered = orderControlPlane(controlPlane, versions.hasControlPlaneAtTarget);
  const unfinished = ordered.filter((node) => !versions.isAtTarget(node));
  const workers = observation.nodes.filter((node) => !node.roles.includes('control-plane') && !versions.isAtTarget(node));
  const leader = observation.etcd.members.find((member) => member.leader)?.node ?? null;
  const workerNames = new Set(workers.map((node) => node.name));
  if (versions.applied) return { controlPlane: leaderLast(unfinished, leader), first: null, workers: workerNames };
  const pending = leaderLast(unfinished.length > 0 ? unfinished : ordered.slice(0, 1), leader);
  return { controlPlane: pending, first: pending[0]?.name ?? null, workers: workerNames };
}

function assemble({ spec, observation, cluster, versions, hosts, pools, pending, leftOut, notes }: PlanParts): UnhashedPlan {
  const phases = [...controlPlanePhases(pending), ...workerPhases(pools, pending.workers, observation.nodes)];
  const changing = new Set(phases.flatMap((phase) => phase.groups.flat()));
  const poolNames = new Map(pools.flatMap((pool) => pool.nodes.map((node) => [node, pool.name] as const)));
  // A machine that is left out may be a clone of one that is not; what is no machine reports whatever it likes.
  const ids = provingIds(cluster.nodes.filter(({ name, foreign }) => foreign === null || hosts.has(name)));
  const nodes = observation.nodes.toSorted((left, right) => compareNames(left.name, right.name)).map((node): PlannedNode => ({
    name: node.name, uid: node.uid, ...(ids.get(node.name) ?? { machineId: null, systemUuid: null }), roles: node.roles,
    ...(hosts.get(node.name) ?? { address: node.address, port: spec.access.ssh.port }),
    pool: poolNames.get(node.name) ?? null,
    zone: zoneOf(node.labels),
    from: node.kubeletVersion, to: versions.to,
    first: node.name === pending.first,
    cordoned: node.unschedulable && node.cordonMark === undefined,
    ...(node.cordonMark === undefined ? {} : { takenOver: true }),
    changes: changing.has(node.name),
  }));
  const etcd = planEtcd(spec, observation, pending.controlPlane);
  const changes = phases.length > 0;
  const plan = {
    cluster: spec.name, clusterUid: observation.clusterUid, driver: spec.driver,
    from: versions.from, to: versions.to, hops: changes ? [{ from: versions.from, to: versions.to }] : [],
    phases, nodes, ...(leftOut.length === 0 ? {} : { leftOut }), etcd, changes, imageRepository: observation.imageRepository, spec: executedSpec(spec), files: [],
  };
  return { ...plan, notes: [...planNotes(plan, pools), ...notes] };
}

function controlPlanePhases(pending: PendingNodes): PlannedPhase[] {
  if (pending.controlPlane.length === 0) return [];
  return [{ phase: 'control-plane', hop: 0, maxUnavailable: 1, groups: pending.controlPlane.map((node) => [node.name]) }];
}

/** What a former upgrade has left cordoned comes first: it is down already. */
function workerPhases(pools: readonly PlannedPool[], pending: ReadonlySet<string>, observed: readonly NodeObservation[]): PlannedPhase[] {
  const marked = new Set(observed.filter(({ cordonMark }) => cordonMark !== undefined).map(({ name }) => name));
  return pools.flatMap(({ name, width, zoneWidths, nodes }): PlannedPhase[] => {
    const pendingHere = nodes.filter((node) => pending.has(node));
    const left = [...pendingHere.filter((node) => marked.has(node)), ...pendingHere.filter((node) => !marked.has(node))];
    return left.length === 0 ? [] : [{ phase: 'workers', hop: 0, pool: name, maxUnavailable: width, ...(zoneWidths === null ? {} : { maxUnavailablePerZone: zoneWidths }), groups: [left] }];
  });
}
