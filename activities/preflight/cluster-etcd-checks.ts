import type { Finding } from '../../workflows/domain/check.ts';
import type { EtcdMemberObservation, Observation } from '../../workflows/domain/observation.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { hold, orHold } from './cluster-finding.ts';

const CHECK = 'etcd-members-healthy';

/** Contract 2, of the cluster as it is. */
export function etcdFindings(observation: Observation, spec: UpgradeSpec): Finding[] {
  const { etcd } = observation;
  const carriers = observation.nodes.filter((node) => node.roles.includes('etcd'));
  if (etcd.kind === 'external') return [hold(CHECK, 'etcd is external: its members are not touched.')];
  const findings: Finding[] = [
    ...etcd.members.flatMap((member) => memberFindings(member)),
    ...etcd.alarms.map((alarm): Finding => ({ check: 'etcd-no-alarm', severity: 'block', node: null, message: `etcd raises the alarm ${alarm}.`, next: 'Correct its cause, then clear it with `etcdctl alarm disarm`.' })),
    ...inventoryFindings(observation, carriers.map((node) => node.name)),
  ];
  if (etcd.members.length < 3 && !spec.etcd.acceptOutage) {
    findings.push({
      check: 'etcd-quorum',
      severity: 'block',
      node: null,
      message: `etcd has ${etcd.members.length} ${etcd.members.length === 1 ? 'member' : 'members'}: quorum, and with it the API, is lost while one is upgraded.`,
      next: 'Accept that outage with spec.etcd.acceptOutage: true, or add members up to three.',
    });
  }
  return orHold(findings, CHECK, `All ${etcd.members.length} etcd members are healthy, none is a learner, no alarm is set.`);
}

function memberFindings(member: EtcdMemberObservation): readonly Finding[] {
  const problems: Finding[] = [];
  if (!member.healthy) problems.push({ check: CHECK, severity: 'block', node: member.node, message: `etcd member ${member.name} is not healthy.`, next: `See \`kubectl -n kube-system logs etcd-${member.node}\`.` });
  if (member.learner) problems.push({ check: 'etcd-no-learner', severity: 'block', node: member.node, message: `etcd member ${member.name} is a learner.`, next: 'Promote or remove it with `etcdctl member promote|remove`.' });
  return problems;
}

/** Members are those of the nodes, no more and no fewer: a forgotten member takes part in the quorum. */
function inventoryFindings(observation: Observation, carriers: readonly string[]): readonly Finding[] {
  const { members } = observation.etcd;
  const strangers = members.filter((member) => !carriers.includes(member.node));
  const missing = carriers.filter((node) => !members.some((member) => member.node === node));
  return [
    ...strangers.map((member): Finding => ({
      check: 'etcd-members-match', severity: 'block', node: null, message: `etcd member ${member.name} (${member.id}) belongs to no node of the cluster.`, next: `Remove it with \`etcdctl member remove ${member.id}\` where its node is gone for good.`,
    })),
    ...missing.map((node): Finding => ({
      check: 'etcd-members-match', severity: 'block', node, message: `Node ${node} runs an etcd pod that is no member of the cluster's etcd.`, next: 'Compare `etcdctl member list` with the nodes.',
    })),
  ];
}
