import type { Failure } from './failure.ts';
import type { NodeObservation, Observation } from './observation.ts';
import type { UpgradePlan } from './plan.ts';
import type { UpgradeSpec } from './spec.ts';

/** Fewest members that keep quorum while one of them is away. */
const MEMBERS_FOR_QUORUM = 3;

/** @param pending Control-plane nodes that the plan changes; with stacked etcd their members change too. */
export function planEtcd(observation: Observation, pending: readonly NodeObservation[]): UpgradePlan['etcd'] {
  const members = memberCount(observation);
  return { kind: observation.etcd.kind, members, outage: hasOutage(observation, pending) };
}

/** Contract 2: one or two members cannot keep quorum, and are blocked unless the spec accepts the outage. */
export function etcdFailures(spec: UpgradeSpec, observation: Observation, pending: readonly NodeObservation[]): Failure[] {
  if (spec.etcd.acceptOutage || !hasOutage(observation, pending)) return [];
  const members = memberCount(observation);
  const path = 'spec.etcd.acceptOutage';
  return [{
    type: 'SpecInvalid', path,
    message: `${path}: etcd has ${members} ${members === 1 ? 'member' : 'members'} and loses quorum while one of them is upgraded, so the API will be away for a time`,
    next: 'Accept it with etcd: {acceptOutage: true}, or add members to make three first.',
  }];
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
