import type { PlannedNode, PlannedPhase, UpgradePlan } from './plan.ts';

/** What differs between the approved plan and the plan as of now, a line each; empty where nothing that is executed differs. */
export function comparePlans(approved: UpgradePlan, now: UpgradePlan): readonly string[] {
  return [
    ...compare('cluster UID', approved.clusterUid, now.clusterUid),
    ...compare('version', approved.from, now.from),
    ...compare('target', approved.to, now.to),
    ...compare('etcd members', approved.etcd.members, now.etcd.members),
    ...approved.nodes.flatMap((node) => compareNode(node, now.nodes.find((other) => other.name === node.name))),
    ...now.nodes.filter((node) => !approved.nodes.some((other) => other.name === node.name)).map((node) => `node ${node.name}: new`),
    ...compare('order', orderOf(approved), orderOf(now)),
  ];
}

function compareNode(approved: PlannedNode, now: PlannedNode | undefined): readonly string[] {
  if (now === undefined) return [`node ${approved.name}: gone`];
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
    ...compare(`${name}: changes`, approved.changes, now.changes),
    ...compare(`${name}: runs kubeadm upgrade apply`, approved.first, now.first),
  ];
}

function machineOf({ machineId, systemUuid }: PlannedNode): string {
  return machineId ?? systemUuid ?? 'not told by its ids';
}

function compare(what: string, approved: string | number | boolean, now: string | number | boolean): readonly string[] {
  return approved === now ? [] : [`${what}: was ${approved}, is ${now}`];
}

function orderOf(plan: UpgradePlan): string {
  return plan.phases.map((phase) => `${phase.pool ?? phase.phase} ${phase.maxUnavailable}${zonesOf(phase)}: ${phase.groups.flat().join(' ')}`).join('; ');
}

function zonesOf({ maxUnavailablePerZone }: PlannedPhase): string {
  if (maxUnavailablePerZone === undefined) return '';
  return ` (${Object.entries(maxUnavailablePerZone).map(([zone, width]) => `${zone} ${width}`).join(', ')})`;
}
