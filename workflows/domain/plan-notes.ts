import { isOrderedAtRunTime } from './control-plane-order.ts';
import { listed } from './order.ts';
import type { UpgradePlan } from './plan.ts';
import { rollbackCommand } from './restore-words.ts';
import type { UpgradePhase } from './state.ts';
import type { PlannedPool } from './plan-pools.ts';
import { minorDistance, minorOf, parseVersion } from './version.ts';

/** What the operator should know before saying yes. Made of facts of the plan alone, so that the hash stays stable. */
export function planNotes(plan: Omit<UpgradePlan, 'hash' | 'notes'>, pools: readonly PlannedPool[]): string[] {
  if (!plan.changes) return [];
  return [...pointOfNoReturn(plan), ...wayBack(plan), ...outage(plan), ...cordoned(plan), ...takenOver(plan), ...atRunTime(plan), ...singleNodePools(plan, pools), ...emptyPools(pools), ...withoutZone(plan)];
}

function pointOfNoReturn({ cluster, from, to, phases, nodes, etcd }: Omit<UpgradePlan, 'hash' | 'notes'>): string[] {
  if (!phases.some(({ phase }) => phase === 'control-plane')) return [];
  const fromVersion = parseVersion(from);
  const toVersion = parseVersion(to);
  if (fromVersion === null || toVersion === null || minorDistance(fromVersion, toVersion) === 0) return [];
  const when = nodes.some((node) => node.first) ? 'From the first `kubeadm upgrade apply` on' : 'Since `kubeadm upgrade apply` ran';
  return [`${when} there is no way back to ${minorOf(fromVersion)} in place: ${etcd.kind === 'external' ? `${backupOf(etcd)} is the way back.` : `the etcd snapshot taken before the first change is the way back, by \`${rollbackCommand(cluster)}\`.`}`];
}

function backupOf({ backup }: UpgradePlan['etcd']): string {
  return backup === undefined ? 'the backup of your external etcd' : `the backup of your external etcd that ${backup.by} took at ${backup.takenAt} (${backup.where})`;
}

/** Where each scope of a roll back stops being possible. */
function wayBack({ phases, nodes }: Omit<UpgradePlan, 'hash' | 'notes'>): string[] {
  const has = (wanted: UpgradePhase): boolean => phases.some(({ phase }) => phase === wanted);
  const controlPlane = has('control-plane') && nodes.some((node) => node.changes && node.roles.includes('control-plane'));
  return [
    ...(controlPlane ? ['A control-plane node goes back alone (`capstan rollback NODE`) until kubeadm changes its control plane.'] : []),
    ...(has('workers') ? ['Workers go back (`capstan rollback NODE`, or `--scope workers`) until the upgrade is verified.'] : []),
  ];
}

function outage({ etcd }: Omit<UpgradePlan, 'hash' | 'notes'>): string[] {
  if (!etcd.outage) return [];
  return [`etcd has ${etcd.members} ${etcd.members === 1 ? 'member' : 'members'}: expect the API to be away while a member is upgraded, usually one to three minutes each. Pods keep running.`];
}

function cordoned({ nodes }: Omit<UpgradePlan, 'hash' | 'notes'>): string[] {
  const names = nodes.filter((node) => node.cordoned && node.changes).map((node) => node.name);
  if (names.length === 0) return [];
  const subject = names.length === 1 ? 'was' : 'were';
  return [`${listed(names)} ${subject} cordoned before: upgraded like the others, and left cordoned.`];
}

/** The same words whoever leads: they are part of the hash. */
function atRunTime(plan: Pick<UpgradePlan, 'etcd' | 'phases' | 'nodes'>): string[] {
  if (!isOrderedAtRunTime(plan)) return [];
  const apply = plan.nodes.some(({ first }) => first) ? ', and the first of the others runs `kubeadm upgrade apply`' : '';
  return [`The order of the control plane is decided at run time: the node whose etcd member leads by then comes last${apply}. Shown is the order as it would be now.`];
}

/** Cordons of upgrades that ended without giving them back, or that still run somewhere. */
function takenOver({ cluster, nodes }: Omit<UpgradePlan, 'hash' | 'notes'>): string[] {
  const marked = nodes.filter((node) => node.takenOver === true);
  const taken = marked.filter((node) => node.changes).map((node) => node.name);
  const left = marked.filter((node) => !node.changes).map((node) => node.name);
  return [
    ...(taken.length === 0 ? [] : [`${listed(taken)} ${taken.length === 1 ? 'was' : 'were'} cordoned by a former upgrade: upgraded first of the pool, and uncordoned then.`]),
    ...(left.length === 0 ? [] : [`${listed(left)} ${left.length === 1 ? 'was' : 'were'} cordoned by a former upgrade and ${left.length === 1 ? 'is' : 'are'} at the target: left cordoned, and counted as down while a pool is upgraded. \`capstan release ${cluster}\` gives back what no upgrade owns any more.`]),
  ];
}

function singleNodePools({ phases }: Omit<UpgradePlan, 'hash' | 'notes'>, pools: readonly PlannedPool[]): string[] {
  return pools.filter(({ name, nodes }) => nodes.length === 1 && phases.some(({ pool }) => pool === name))
    .map(({ name, nodes }) => `The pool ${name} has one node, ${nodes.join('')}: while it is upgraded, nothing of the pool is up.`);
}

function emptyPools(pools: readonly PlannedPool[]): string[] {
  // A single pool takes every worker, so it is empty only where the cluster has none.
  if (pools.length < 2) return [];
  return pools.filter(({ nodes }) => nodes.length === 0).map(({ name }) => `No node is in the pool ${name}.`);
}

/** A limit by zone says nothing about a node that is in none. */
function withoutZone({ phases, nodes }: Omit<UpgradePlan, 'hash' | 'notes'>): string[] {
  return phases.flatMap(({ pool, maxUnavailable, maxUnavailablePerZone }) => {
    if (maxUnavailablePerZone === undefined) return [];
    const names = nodes.filter((node) => node.pool === pool && node.changes && node.zone === null).map((node) => node.name);
    if (names.length === 0) return [];
    return [`${listed(names)} of the pool ${pool ?? ''} ${names.length === 1 ? 'is' : 'are'} in no zone: bound by maxUnavailable (${maxUnavailable}) alone.`];
  });
}
