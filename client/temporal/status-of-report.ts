import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';

/** The status of an upgrade that has ended, out of its report and the nodes that it was started with. */
export function statusOfReport(report: UpgradeReport, nodes: readonly PlannedNode[]): UpgradeStatus {
  const { cluster, from, to, state, startedAt, startedBy, planHash, failure, findings, decisions, resumed, restore, ignored } = report;
  return {
    cluster, from, to, state, startedAt, startedBy, planHash, failure, findings, decisions, pause: null, policy: [], ...(ignored === undefined ? {} : { executes: ignored }), ...(resumed === undefined ? {} : { resumed }), ...(restore === undefined ? {} : { restore }),
    cancel: decisions.findLast(({ kind, refusal }) => kind === 'cancel' && refusal === null) ?? null,
    phase: state === 'cancelled' || state === 'failed' || state === 'rolled-back' ? state : 'done',
    nodes: report.nodes.map((node) => {
      const planned = nodes.find(({ name }) => name === node.name);
      return {
        name: node.name, roles: node.roles, pool: planned?.pool ?? null, state: node.state, step: null, since: null,
        from: planned?.from ?? from, to: planned?.to ?? to, failure: null, ...(node.note === undefined ? {} : { note: node.note }),
      };
    }),
  };
}
