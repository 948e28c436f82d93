import type { UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';
import type { UpgradeClusterInput } from '../../workflows/messages.ts';

/** The status of an upgrade that has ended, out of its report and what it was started with. */
export function statusOfReport(report: UpgradeReport, { plan }: Pick<UpgradeClusterInput, 'plan'>): UpgradeStatus {
  const { cluster, from, to, state, startedAt, startedBy, planHash, failure, findings, decisions, resumed } = report;
  return {
    cluster, from, to, state, startedAt, startedBy, planHash, failure, findings, decisions, pause: null, policy: [], ...(resumed === undefined ? {} : { resumed }),
    cancel: decisions.findLast(({ kind, refusal }) => kind === 'cancel' && refusal === null) ?? null,
    phase: state === 'cancelled' || state === 'failed' || state === 'rolled-back' ? state : 'done',
    nodes: report.nodes.map((node) => {
      const planned = plan.nodes.find(({ name }) => name === node.name);
      return {
        name: node.name, roles: node.roles, pool: planned?.pool ?? null, state: node.state, step: null, since: null,
        from: planned?.from ?? from, to: planned?.to ?? to, failure: null, ...(node.note === undefined ? {} : { note: node.note }),
      };
    }),
  };
}
