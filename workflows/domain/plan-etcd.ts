import type { Failure } from './failure.ts';
import type { NodeObservation, Observation } from './observation.ts';
import type { UpgradePlan } from './plan.ts';
import type { UpgradeSpec } from './spec.ts';

/** Fewest members that keep quorum while one of them is away. */
const MEMBERS_FOR_QUORUM = 3;

/** @param pending Control-plane nodes that the plan changes; with stacked etcd their members change too. */
export function planEtcd(spec: UpgradeSpec, observation: Observation, pending: readonly NodeObservation[]): UpgradePlan['etcd'] {
  const members = memberCount(observation);
  const { kind } = observation.etcd;
  const { backup } = spec.etcd;
  return { kind, members, outage: hasOutage(observation, pending), ...(kind === 'external' && backup !== null ? { backup } : {}) };
}

/**
 * Contract 2: one or two members cannot keep quorum, and are blocked unless the spec accepts the outage. Contract 7: an external etcd
 * is blocked unless the spec names a backup.
 */
export function etcdFailures(spec: UpgradeSpec, observation: Observation, pending: readonly NodeObservation[]): Failure[] {
  return [...outageFailures(spec, observation, pending), ...backupFailures(spec, observation, pending)];
}

/** Contract 7: without a verified snapshot nothing is changed. That of an external etcd is not ours to take. */
function backupFailures(spec: UpgradeSpec, { etcd }: Observation, pending: readonly NodeObservation[]): Failure[] {
  if (etcd.kind === 'stacked' || spec.etcd.backup !== null || pending.length === 0) return [];
  const path = 'spec.etcd.backup';
  return [{
    type: 'SpecInvalid', path,
    message: `${path}: etcd is external, so no snapshot of it is taken, and the spec names no backup`,
    next: 'Take and verify a backup of etcd, and name it with etcd: {backup: {takenAt: TIME, where: PLACE, by: WHO}}.',
  }];
}

function outageFailures(spec: UpgradeSpec, observation: Observation, pending: readonly NodeObservation[]): Failure[] {
  if (spec.etcd.acceptOutage || !hasOutage(observation, pending)) return [];
  const members = memberCount(observation);
  const path = 'spec.etcd.acceptOutage';
  return [{
    type: 'SpecInvalid', path,
    message: `${path}: etcd has ${members} ${members === 1 ? 'member' : 'members'} and loses quorum while one of them is upgraded, so the API will be away for a time`,
    next: 'Accept it with etcd: {acceptOutage: true}, or add members to make three first.',
  }];
}

/** What the spec says of a backup and is not needed: said, not passed over. */
export function unusedBackup(spec: UpgradeSpec, { etcd }: Observation): readonly string[] {
  if (spec.etcd.backup === null || etcd.kind === 'external') return [];
  return ['spec.etcd.backup is not used: etcd runs on the control-plane nodes, and its snapshot is taken before the first change.'];
}

function hasOutage(observation: Observation, pending: readonly NodeObservation[]): boolean {
  return observation.etcd.kind === 'stacked' && pending.length > 0 && memberCount(observation) < MEMBERS_FOR_QUORUM;
}

/** The members that etcd lists; before etcd was asked, the nodes that carry one. */
function memberCount({ etcd, nodes }: Observation): number {
  if (etcd.kind === 'external') return 0;
  if (etcd.members.length > 0) return etcd.members.length;
  return nodes.filter((node) => node.roles.includes('etcd')).length;
}
