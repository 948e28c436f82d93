import { rollbackCommand } from '../../workflows/domain/restore-words.ts';
import type { RestorePlan, WrittenKind } from '../../workflows/domain/restore.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { count, elapsed, paint, plain, timeOf } from './text.ts';

export interface RestoreTableOptions extends TableOptions {
  readonly nowMs: number;
}

/** What a restore takes back, and what is lost by it. */
export function restoreTable(plan: RestorePlan, options: RestoreTableOptions): string {
  const { snapshot, from, to, nodes, workers, unasked } = plan;
  const all = [...nodes, ...workers];
  const rows = all.map((node) => [node.name, node.roles.join(','), node.from, node.to]);
  return [
    `${paint(plain(plan.cluster), 'bold', options.colour)}  ${from ?? 'no API server answers'} → ${to}: the whole cluster goes back, ${count(nodes.length, 'control-plane node')} and ${count(workers.length, 'worker')}`,
    '',
    table(['NODE', 'ROLES', 'FROM', 'TO'], rows, options),
    '',
    ...(unasked.length === 0 ? [] : [`Left as they are, since their hosts do not answer: ${unasked.map(plain).join(', ')}. By the API their kubelets are old enough; what else was changed there is not known.`, '']),
    `Snapshot ${plain(snapshot.file)} of the upgrade ${plain(plan.upgrade)}`,
    `  taken ${timeOf(snapshot.takenAt)}, ${elapsed(options.nowMs - Date.parse(snapshot.takenAt))} ago; etcd ${plain(snapshot.etcdVersion)}, revision ${snapshot.revision}, SHA-256 ${snapshot.sha256}`,
    '',
    ...lostLines(plan, options),
  ].join('\n');
}

function lostLines({ written, writtenUnknown }: RestorePlan, options: TableOptions): readonly string[] {
  if (written === null) return [`What was written since is LOST, and cannot be listed: ${plain(writtenUnknown ?? 'the live store could not be read')}`];
  if (written.length === 0) return ['Nothing was written since.'];
  return ['What was written since is LOST:', '', table(['KIND', 'CREATED', 'CHANGED', 'DELETED', 'SUCH AS'], written.map(row), options)];
}

function row({ kind, created, changed, deleted, examples }: WrittenKind): readonly string[] {
  return [kind, String(created), String(changed), String(deleted), examples.map(plain).join(', ')];
}

/** The command that begins it, where the upgrade still runs. */
export function rollbackLine(cluster: string, reason: string | undefined): string {
  return withReason(rollbackCommand(cluster), reason);
}

/** The command that begins it. */
export function restoreLine(file: string, snapshot: string, cluster: string, reason: string | undefined): string {
  return withReason(`capstan restore -f ${file} --snapshot ${snapshot} --confirm ${cluster}`, reason);
}

function withReason(command: string, reason: string | undefined): string {
  return reason === undefined ? command : `${command} --reason '${reason.replaceAll("'", "'\\''")}'`;
}
