import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { SEARCH_ATTRIBUTES, upgradeWorkflowId, WORKFLOW } from '../../workflows/messages.ts';
import type { RestoreClusterInput, UpgradeMemo } from '../../workflows/messages.ts';
import type { UpgradeSummary } from './port.ts';
import { requireUpgrade } from './read-upgrade.ts';
import type { TemporalSettings } from './settings.ts';
import { summaryOf } from './summaries.ts';

type RestoreCluster = (input: RestoreClusterInput) => Promise<UpgradeReport>;

/** Starts a restore under the id that locks the cluster; null, or who runs an upgrade or a restore of it already. */
export async function startRestore(client: Client, { taskQueue }: TemporalSettings, input: RestoreClusterInput): Promise<UpgradeSummary | null> {
  const { spec, plan, by } = input;
  const memo: UpgradeMemo = { startedBy: by, target: plan.to };
  try {
    await client.workflow.start<RestoreCluster>(WORKFLOW.restoreCluster, {
      taskQueue, workflowId: upgradeWorkflowId(spec.name), workflowIdConflictPolicy: 'FAIL', workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { ...memo }, staticSummary: `${plan.cluster}: back from ${plan.from ?? 'no answer'} to ${plan.to}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.cluster, value: spec.name },
        { key: SEARCH_ATTRIBUTES.target, value: plan.to },
        { key: SEARCH_ATTRIBUTES.phase, value: 'rolling-back' },
        { key: SEARCH_ATTRIBUTES.state, value: 'running' },
      ]),
      args: [input],
    });
    return null;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return summaryOf(await requireUpgrade(client, spec.name));
  }
}
