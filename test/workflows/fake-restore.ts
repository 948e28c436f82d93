import type { RestoreActivities } from '../../activities/restore/port.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { StepResult } from '../../workflows/domain/step.ts';

/** What a restore of the test's cluster would do: all control-plane nodes, and the workers named. */
export function testRestorePlan(plan: UpgradePlan, upgrade: string, workers: readonly string[]): RestorePlan {
  const back = (node: PlannedNode): PlannedNode => ({ ...node, from: node.to, to: node.from });
  return {
    cluster: plan.cluster, clusterUid: plan.clusterUid, upgrade, from: plan.to, to: plan.from,
    snapshot: { file: `/snapshots/${upgrade}.db`, sha256: '0'.repeat(64), bytes: 20_480, revision: 1, takenAt: '2026-11-21T00:00:00.000Z', etcdVersion: '3.5.24' },
    nodes: plan.nodes.filter(({ roles }) => roles.includes('control-plane')).map(back), workers: plan.nodes.filter(({ name }) => workers.includes(name)).map(back),
    unasked: [], written: [{ kind: 'deployments', created: 1, changed: 0, deleted: 0, examples: ['shop/web'] }], writtenUnknown: null,
  };
}

type Effect = (step: string, node?: string) => Promise<StepResult>;

/** Activities of a restore that write into the journal of a cluster. */
export function fakeRestore(plan: UpgradePlan, journal: readonly string[], effect: Effect): RestoreActivities {
  const restarted = async (step: string, node: string) => ({ ...(await effect(step, node)), restartedAt: new Date().toISOString() });
  return {
    planRestore: async ({ snapshot }) => {
      await effect('planRestore');
      const upgraded = plan.nodes.filter(({ name, roles }) => roles.includes('worker') && journal.includes(`upgradeKubelet ${name}`));
      return testRestorePlan(plan, upgradeOf(snapshot), upgraded.map(({ name }) => name));
    },
    prepareRestore: ({ node }) => effect('prepareRestore', node.name),
    stopControlPlane: ({ node }) => effect('stopControlPlane', node.name),
    restoreControlPlane: ({ node }) => effect('restoreControlPlane', node.name),
    startControlPlane: ({ node }) => restarted('startControlPlane', node.name),
    restoreWorker: ({ node }) => restarted('restoreWorker', node.name),
    verifyRestore: async ({ plan: { workers } }) => effect('verifyRestore', workers.map(({ name }) => name).join('+') || undefined),
  };
}

/** `/snapshots/UPGRADE.db` */
function upgradeOf(snapshot: string | null): string {
  return /([^/]+?)(?:\.db)?$/.exec(snapshot ?? 'newest')?.[1] ?? '';
}
