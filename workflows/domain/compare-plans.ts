import { isOrderedAtRunTime } from './control-plane-order.ts';
import { differences } from './differences.ts';
import { compareNames } from './order.ts';
import { leftOutOf } from './plan-nodes.ts';
import { movedFiles } from './planned-file.ts';
import type { PlannedNode, PlannedPhase, UpgradePlan } from './plan.ts';

/** What differs between the approved plan and the plan as of now, a line each; empty where nothing that is executed differs. */
export function comparePlans(approved: UpgradePlan, now: UpgradePlan): readonly string[] {
  return [
    ...compare('cluster UID', approved.clusterUid, now.clusterUid),
    ...compare('version', approved.from, now.from),
    ...compare('target', approved.to, now.to),
    ...compare('etcd members', approved.etcd.members, now.etcd.members),
    ...approved.nodes.flatMap((node) => compareNode(node, now)),
    ...now.nodes.filter((node) => !approved.nodes.some((other) => other.name === node.name)).map((node) => `node ${node.name}: ${arrivedAs(node, approved)}`),
    ...compareLeftOut(approved, now),
    ...compare('order', orderOf(approved), orderOf(now)),
    ...compare('kubeadm upgrade apply is still to run', isApplyPending(approved), isApplyPending(now)),
    ...compare('imageRepository of kubeadm-config', approved.imageRepository ?? 'none', now.imageRepository ?? 'none'),
    ...differences('spec', approved.spec, now.spec),
    ...movedFiles(approved.files, now.files),
    ...approved.files.filter(({ key }) => !now.files.some((file) => file.key === key)).map(({ key }) => `${key}: no longer applied`),
  ];
}

function compareNode(approved: PlannedNode, plan: UpgradePlan): readonly string[] {
  const now = plan.nodes.find((other) => other.name === approved.name);
  const leftOut = leftOutOf(plan, approved.name);
  if (now === undefined) return [`node ${approved.name}: ${leftOut === null ? 'gone' : `left out now (${leftOut.reason})`}`];
  const name = `node ${approved.name}`;
  return [
    ...compare(`${name}: UID`, approved.uid, now.uid),
    ...compare(`${name}: machine`, machineOf(approved), machineOf(now)),
    ...compare(`${name}: kubelet`, approved.from, now.from),
    ...compare(`${name}: roles`, approved.roles.join(','), now.roles.join(',')),
    ...compare(`${name}: address`, `${approved.address}:${approved.port}`, `${now.address}:${now.port}`),
    ...compare(`${name}: pool`, approved.pool ?? 'none', now.pool ?? 'none'),
    ...compare(`${name}: zone`, approved.zone ?? 'none', now.zone ?? 'none'),
    ...compare(`${name}: cordoned by a person`, approved.cordoned, now.cordoned),
    ...compare(`${name}: cordoned by an upgrade`, approved.takenOver ?? false, now.takenOver ?? false),
    ...compare(`${name}: changes`, approved.changes, now.changes),
  ];
}

function machineOf({ machineId, systemUuid }: PlannedNode): string {
  return machineId ?? systemUuid ?? 'not told by its ids';
}

function arrivedAs({ name }: PlannedNode, approved: UpgradePlan): string {
  const leftOut = leftOutOf(approved, name);
  return leftOut === null ? 'new' : `to be upgraded, was left out (${leftOut.reason})`;
}

/** Of nodes that neither plan upgrades. */
function compareLeftOut(approved: UpgradePlan, now: UpgradePlan): readonly string[] {
  const names = new Set([...(approved.leftOut ?? []), ...(now.leftOut ?? [])].map(({ name }) => name));
  for (const { name } of [...approved.nodes, ...now.nodes]) names.delete(name);
  return [...names].flatMap((name) => compare(`node ${name}, left out`, leftOutOf(approved, name)?.reason ?? 'not there', leftOutOf(now, name)?.reason ?? 'gone'));
}

function compare(what: string, approved: string | number | boolean, now: string | number | boolean): readonly string[] {
  return approved === now ? [] : [`${what}: was ${approved}, is ${now}`];
}

function isApplyPending({ nodes }: UpgradePlan): boolean {
  return nodes.some(({ first }) => first);
}

/** Without what leadership of etcd decides, as the hash is. */
function orderOf(plan: UpgradePlan): string {
  const namesOf = ({ phase, groups }: PlannedPhase): readonly string[] => (phase === 'control-plane' && isOrderedAtRunTime(plan) ? groups.flat().toSorted(compareNames) : groups.flat());
  return plan.phases.map((phase) => `${phase.pool ?? phase.phase} ${phase.maxUnavailable}${zonesOf(phase)}: ${namesOf(phase).join(' ')}`).join('; ');
}

function zonesOf({ maxUnavailablePerZone }: PlannedPhase): string {
  if (maxUnavailablePerZone === undefined) return '';
  return ` (${Object.entries(maxUnavailablePerZone).map(([zone, width]) => `${zone} ${width}`).join(', ')})`;
}
