import type { PlannedNode, PlannedPhase, UpgradePlan } from '../../workflows/domain/plan.ts';
import { drainPolicy } from '../../workflows/domain/drain-policy.ts';
import { planWords } from '../../workflows/domain/plan-words.ts';
import { wordLines } from './plan-words.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { count, paint, plain } from './text.ts';

/** What happens to which node in which order, the notes and the hash that names the plan. */
export function planTable(plan: UpgradePlan, isWide: boolean, options: TableOptions): string {
  const parts = [heading(plan, options.colour), '', nodesTable(plan, isWide, options)];
  const widths = plan.phases.filter(({ phase, groups }) => phase === 'workers' && groups.flat().length > 0).map(windowLine);
  if (widths.length > 0) parts.push('', ...widths);
  const words = wordLines(planWords(plan));
  if (words.length > 0) parts.push('', 'What is done, and with what:', ...words);
  if (plan.notes.length > 0) parts.push('', ...plan.notes.map((note) => `Note: ${plain(note)}`));
  parts.push('', `Plan ${plain(plan.hash)}`, ...unreadLine(plan));
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
    ...(isWide ? [node.zone ?? '', `${node.address}:${node.port}`, node.uid] : []), whatHappens(plan, node),
  ]);
  return table(head, rows, options);
}

/** Without the content of every file the hash is one that no upgrade has. */
function unreadLine({ files }: UpgradePlan): readonly string[] {
  const unread = files.filter(({ sha256 }) => sha256 === null);
  if (unread.length === 0) return [];
  return [`This is not the hash that \`capstan start\` will show: ${count(unread.length, 'file')} could not be read here.`];
}

function whatHappens({ spec }: UpgradePlan, node: PlannedNode): string {
  if (!node.changes) return `nothing: is there already${node.takenOver === true ? '; stays cordoned by a former upgrade' : ''}`;
  const drain = drainPolicy(spec, node).enabled ? 'drain' : 'cordon (no drain)';
  const kept = node.cordoned ? '; was cordoned before and stays so' : node.takenOver === true ? ', which lifts the cordon of a former upgrade' : '';
  if (!node.roles.includes('control-plane')) return `${drain}, upgrade, uncordon${kept}`;
  return `${node.first ? 'kubeadm upgrade apply' : 'kubeadm upgrade node'}, ${drain}, kubelet, uncordon${kept}`;
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
