import type { PlannedNode, PlannedPhase, UpgradePlan } from '../../workflows/domain/plan.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { count, paint, plain } from './text.ts';

/** What happens to which node in which order, the notes and the hash that names the plan. */
export function planTable(plan: UpgradePlan, isWide: boolean, options: TableOptions): string {
  const parts = [heading(plan, options.colour), '', nodesTable(plan, isWide, options)];
  const widths = plan.phases.filter(({ phase, groups }) => phase === 'workers' && groups.flat().length > 0).map(windowLine);
  if (widths.length > 0) parts.push('', ...widths);
  if (plan.notes.length > 0) parts.push('', ...plan.notes.map((note) => `Note: ${plain(note)}`));
  parts.push('', `Plan ${plan.hash}`);
  return parts.join('\n');
}

function heading(plan: UpgradePlan, isColoured: boolean): string {
  const hops = [plan.from, ...plan.hops.map(({ to }) => to)];
  const route = hops.length > 1 ? hops.join(' → ') : plan.to;
  const changing = plan.nodes.filter(({ changes }) => changes).length;
  const etcd = `etcd ${plan.etcd.kind}, ${count(plan.etcd.members, 'member')}`;
  const what = plan.changes ? `${changing} of ${count(plan.nodes.length, 'node')} to upgrade` : 'nothing to do';
  return `${paint(plain(plan.cluster), 'bold', isColoured)}  ${route}  (${plan.driver}, ${etcd}): ${what}`;
}

function nodesTable(plan: UpgradePlan, isWide: boolean, options: TableOptions): string {
  const order = orderOf(plan);
  const sorted = plan.nodes.toSorted((left, right) => place(order, left) - place(order, right));
  const head = ['ORDER', 'NODE', 'ROLES', 'POOL', 'FROM', 'TO', ...(isWide ? ['ZONE', 'ADDRESS', 'UID'] : []), 'WHAT'];
  const rows = sorted.map((node) => [
    node.changes ? String(order.get(node.name) ?? '') : '-', node.name, node.roles.join(','), node.pool ?? '', node.from, node.to,
    ...(isWide ? [node.zone ?? '', `${node.address}:${node.port}`, node.uid] : []), whatHappens(node),
  ]);
  return table(head, rows, options);
}

function whatHappens(node: PlannedNode): string {
  if (!node.changes) return 'nothing: is there already';
  const kept = node.cordoned ? '; was cordoned before and stays so' : '';
  if (!node.roles.includes('control-plane')) return `drain, upgrade, uncordon${kept}`;
  return `${node.first ? 'kubeadm upgrade apply' : 'kubeadm upgrade node'}, drain, kubelet, uncordon${kept}`;
}

/** Place of each node, from 1, in the order in which phases and groups name them. */
function orderOf(plan: UpgradePlan): ReadonlyMap<string, number> {
  const changing = new Set(plan.nodes.filter(({ changes }) => changes).map(({ name }) => name));
  const names = plan.phases.flatMap(({ groups }) => groups.flat()).filter((name) => changing.has(name));
  return new Map([...new Set(names)].map((name, index) => [name, index + 1]));
}

function place(order: ReadonlyMap<string, number>, node: PlannedNode): number {
  return node.changes ? order.get(node.name) ?? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
}

function windowLine({ pool, maxUnavailable, maxUnavailablePerZone, groups }: PlannedPhase): string {
  const zones = Object.entries(maxUnavailablePerZone ?? {}).map(([zone, width]) => `${width} in ${plain(zone)}`).join(', ');
  return `Pool ${plain(pool ?? '')}: at most ${maxUnavailable} of ${count(groups.flat().length, 'node')} down at once${zones === '' ? '' : `, of them at most ${zones}`}`;
}
