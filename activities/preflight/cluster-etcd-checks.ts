import type { Finding } from '../../workflows/domain/check.ts';
import type { EtcdMemberObservation, Observation } from '../../workflows/domain/observation.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { hold, orHold } from './cluster-finding.ts';

const CHECK = 'etcd-members-healthy';

/** A backup older than this lacks a day and more of what was written. */
const OLD_MS = 24 * 3_600_000;
/** Clocks differ. */
const MOST_AHEAD_MS = 60_000;

/** Contract 2, and contract 7 for an external etcd, of the cluster as it is. `nowMs`: since the epoch. */
export function etcdFindings(observation: Observation, spec: UpgradeSpec, nowMs: number): Finding[] {
  const { etcd } = observation;
  const carriers = observation.nodes.filter((node) => node.roles.includes('etcd'));
  if (etcd.kind === 'external') return [hold(CHECK, 'etcd is external: its members are not touched.'), backupFinding(spec, nowMs)];
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

function backupFinding({ etcd: { backup } }: UpgradeSpec, nowMs: number): Finding {
  const finding = { check: 'etcd-backup', node: null } as const;
  const next = 'Take and verify a backup of etcd, and name it with spec.etcd.backup: {takenAt: TIME, where: PLACE, by: WHO}.';
  if (backup === null) return { ...finding, severity: 'block', message: 'etcd is external, so no snapshot of it is taken, and the spec names no backup.', next };
  const ageMs = nowMs - Date.parse(backup.takenAt);
  const named = `The backup of etcd that ${backup.by} took at ${backup.takenAt} (${backup.where})`;
  if (ageMs < -MOST_AHEAD_MS) return { ...finding, severity: 'block', message: `${named} is of the future by the worker's clock.`, next: 'Correct spec.etcd.backup.takenAt, or the clock of the worker\'s machine.' };
  if (ageMs > OLD_MS) return { ...finding, severity: 'warn', message: `${named} is ${ageOf(ageMs)} old: what was written since would be lost with it.`, next: 'Take a new one right before the upgrade.' };
  return { ...finding, severity: 'info', message: `${named} is ${ageOf(ageMs)} old.`, next: null };
}

function ageOf(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

function memberFindings(member: EtcdMemberObservation): readonly Finding[] {
  const problems: Finding[] = [];
  if (!member.healthy) problems.push({ check: CHECK, severity: 'block', node: member.node || null, message: `etcd member ${member.name || member.id} is not healthy.`, next: member.node === '' ? 'See the log of its pod.' : `See \`kubectl -n kube-system logs etcd-${member.node}\`.` });
  if (member.learner) problems.push({ check: 'etcd-no-learner', severity: 'block', node: member.node || null, message: `etcd member ${member.name || member.id} is a learner.`, next: `Once it has caught up, promote it with \`etcdctl member promote ${member.id}\`; until then it is no loss to wait.` });
  return problems;
}

/** Members are those of the nodes, no more and no fewer: a forgotten member takes part in the quorum. */
function inventoryFindings(observation: Observation, carriers: readonly string[]): readonly Finding[] {
  const { members } = observation.etcd;
  const strangers = members.filter((member) => !carriers.includes(member.node));
  const missing = carriers.filter((node) => !members.some((member) => member.node === node));
  return [
    ...strangers.map((member): Finding => ({
      check: 'etcd-members-match', severity: 'block', node: null, message: `etcd member ${member.name} (${member.id}) is at none of the nodes' addresses, and no host of theirs says that it carries it.`,
      next: missing.length > 0
        ? `Compare its URLs in \`etcdctl member list\` with the addresses of ${missing.join(', ')}: it may be the member of one of them.`
        : `Where its node is gone for good, remove it with \`etcdctl member remove ${member.id}\`; else bring its node into the cluster.`,
    })),
    ...missing.map((node): Finding => ({
      check: 'etcd-members-match', severity: 'block', node, message: `Node ${node} runs an etcd pod that is no member of the cluster's etcd.`, next: 'Compare `etcdctl member list` with the nodes.',
    })),
  ];
}
