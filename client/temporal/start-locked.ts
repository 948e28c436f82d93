import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { searchAttributes, upgradeWorkflowId, WORKFLOW } from '../../workflows/messages.ts';
import type { RestoreClusterInput, UpgradeClusterInput, UpgradeMemo } from '../../workflows/messages.ts';
import { requireUpgrade } from './describe-upgrade.ts';
import type { UpgradeSummary } from './port.ts';
import type { UpgradeCluster } from './read-upgrade.ts';
import type { TemporalSettings } from './settings.ts';
import { summaryOf } from './summaries.ts';

type RestoreCluster = (input: RestoreClusterInput) => Promise<UpgradeReport>;

/** Starts an upgrade under the id that locks the cluster; null, or who runs an upgrade or a restore of it already. */
export function startUpgrade(client: Client, settings: TemporalSettings, input: UpgradeClusterInput): Promise<UpgradeSummary | null> {
  const { spec, plan, by } = input;
  return refusedBy(client, spec.name, () => client.workflow.start<UpgradeCluster>(WORKFLOW.upgradeCluster, {
    ...lockOf(settings, spec.name, by, plan.to, 'preflight'), staticSummary: `${plan.cluster}: ${plan.from} → ${plan.to}`, args: [input],
  }));
}

/** The same for a restore. */
export function startRestore(client: Client, settings: TemporalSettings, input: RestoreClusterInput): Promise<UpgradeSummary | null> {
  const { spec, plan, by } = input;
  return refusedBy(client, spec.name, () => client.workflow.start<RestoreCluster>(WORKFLOW.restoreCluster, {
    ...lockOf(settings, spec.name, by, plan.to, 'rolling-back'), staticSummary: `${plan.cluster}: back from ${plan.from ?? 'no answer'} to ${plan.to}`, args: [input],
  }));
}

function lockOf({ taskQueue }: TemporalSettings, cluster: string, startedBy: string, target: string, phase: 'preflight' | 'rolling-back') {
  const memo: UpgradeMemo = { startedBy, target };
  return {
    taskQueue, workflowId: upgradeWorkflowId(cluster), workflowIdConflictPolicy: 'FAIL', workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    memo: { ...memo }, typedSearchAttributes: new TypedSearchAttributes(searchAttributes({ cluster, target, phase, state: 'running' })),
  } as const;
}

async function refusedBy(client: Client, cluster: string, start: () => Promise<unknown>): Promise<UpgradeSummary | null> {
  try {
    await start();
    return null;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return summaryOf(await requireUpgrade(client, cluster));
  }
}
