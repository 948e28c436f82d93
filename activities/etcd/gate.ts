import type { EtcdMemberObservation, EtcdObservation } from '../../workflows/domain/observation.ts';

export interface GateRules {
  /** Names of the nodes that must carry a member, and no others may. */
  readonly expected: readonly string[];
  /** The spec accepts that quorum is lost while one of one or two members is away. */
  readonly acceptOutage: boolean;
}

/**
 * What keeps an etcd member from being touched, a line each; empty where the gate is open (contract 2): every member
 * is healthy, none is a learner, one leads, no alarm is set, the members are those of the nodes, and quorum survives the loss of one more.
 */
export function gateProblems(observation: EtcdObservation, { expected, acceptOutage }: GateRules): readonly string[] {
  const { members, alarms } = observation;
  return [
    ...members.flatMap(memberProblems),
    ...expected.filter((name) => !members.some((member) => member.node === name)).map((name) => `node ${name} has no etcd member`),
    ...members.filter((member) => !expected.includes(member.node)).map((member) => `etcd member ${member.name || member.id} belongs to no node of the plan`),
    ...alarms.map((alarm) => `etcd raises the alarm ${alarm}`),
    ...(members.length > 0 && !members.some((member) => member.leader) ? ['etcd has no leader'] : []),
    ...quorumProblems(members, acceptOutage),
  ];
}

function memberProblems(member: EtcdMemberObservation): readonly string[] {
  const name = member.name || member.id;
  return [
    ...(member.healthy ? [] : [`etcd member ${name} is not healthy`]),
    ...(member.learner ? [`etcd member ${name} is a learner`] : []),
  ];
}

function quorumProblems(members: readonly EtcdMemberObservation[], acceptOutage: boolean): readonly string[] {
  const voters = members.filter((member) => !member.learner);
  const healthy = voters.filter((member) => member.healthy).length;
  const quorum = Math.floor(voters.length / 2) + 1;
  if (healthy - 1 >= quorum || acceptOutage) return [];
  return [`with ${healthy} of ${voters.length} members healthy, quorum (${quorum}) does not survive the loss of one more`];
}
