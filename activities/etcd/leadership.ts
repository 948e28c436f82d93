import type { EtcdMemberObservation, EtcdObservation } from '../../workflows/domain/observation.ts';
import { compareVersions, parseVersion } from '../../workflows/domain/version.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { stepError } from '../step-error.ts';
import { redactedEnd } from '../redaction/redacted.ts';

const MOVE_MS = 30_000;

/** The member that shall lead in place of the one on `node`: a healthy follower, one already upgraded before others; null where there is none. */
export function nextLeader(observation: EtcdObservation, node: string): EtcdMemberObservation | null {
  const followers = observation.members.filter((member) => member.node !== node && member.healthy && !member.learner);
  return followers.toSorted((left, right) => byVersion(right, left) || (left.name < right.name ? -1 : 1))[0] ?? null;
}

/** True where leadership was with the member of `node` and was handed to another. Failures: HostStepFailed and those of `Hosts`. */
export async function moveLeadershipAway(hosts: Hosts, node: HostAddress, observation: EtcdObservation, signal: AbortSignal): Promise<boolean> {
  if (observation.members.find((member) => member.leader)?.node !== node.name) return false;
  const next = nextLeader(observation, node.name);
  if (next === null) return false;
  const result = await hosts.probe(node, SCRIPTS.moveEtcdLeader, [next.id], { timeoutMs: MOVE_MS, signal });
  if (result.exitCode === 0) return true;
  throw stepError(
    'HostStepFailed',
    `etcd's leadership could not be moved from ${node.name} to ${next.name}: ${redactedEnd(result.stderr || result.stdout, 500)}`,
    `see \`etcdctl endpoint status --cluster\`, then \`capstan retry ${node.name}\``,
  );
}

function byVersion(left: EtcdMemberObservation, right: EtcdMemberObservation): number {
  const one = parseVersion(left.version);
  const other = parseVersion(right.version);
  return one === null || other === null ? 0 : compareVersions(one, other);
}
