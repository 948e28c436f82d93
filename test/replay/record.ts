/**
 * Records the histories that `replay.test.ts` replays: a whole upgrade with a hold, a retry, a pause and a skip,
 * one that goes on in a new history with nodes in flight, and one whose workers go back, against fake activities. Run it when a new path through the workflows deserves to be kept: `node test/replay/record.ts`.
 * A recorded history is never changed afterwards: it stands for an upgrade that runs while Capstan is updated.
 */
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { writeFile } from 'node:fs/promises';
import { after, it } from 'node:test';
import { pauseSignal, resumeSignal, retryNodeSignal, rollbackUpdate, skipNodeSignal } from '../../workflows/messages.ts';
import { until, workflowTests } from '../workflows/harness.ts';

const { upgrade } = workflowTests();

it('records', async () => {
  const behave = (step: string, node: string, call: number): void => {
    const fails = (step === 'upgradeKubelet' && node === 'w1' && call === 1) || (step === 'drainNode' && node === 'w2');
    if (fails) throw ApplicationFailure.create({ message: `${step} failed`, type: 'HostStepFailed', nonRetryable: true });
  };
  await upgrade({ behave, workers: 3 }, async (trial) => {
    await trial.handle.signal(pauseSignal, { by: 'recorder', after: 'control-plane' });
    await until(trial, ({ state }) => state === 'paused');
    await trial.handle.signal(resumeSignal, { by: 'recorder' });
    await until(trial, ({ nodes }) => nodes.some((node) => node.name === 'w1' && node.state === 'held'));
    await trial.handle.signal(retryNodeSignal, { node: 'w1', by: 'recorder' });
    await until(trial, ({ nodes }) => nodes.some((node) => node.name === 'w2' && node.state === 'held'));
    await trial.handle.signal(skipNodeSignal, { node: 'w2', by: 'recorder' });
    await trial.handle.result();
    await record('upgrade-cluster', trial.handle);
    for (const node of ['cp2', 'w1', 'w2', 'w3']) await record(`upgrade-node-${node}`, trial.environment.client.workflow.getHandle(`${trial.handle.workflowId}/${node}`));
  });
  await upgrade({ controlPlanes: 1, workers: 10, maxUnavailable: 3, limits: { events: 110, lookMs: 60_000 }, drains: (nodes) => ({ allowed: [1], rows: nodes.map((_, index) => [index, 0, 1]) }) }, async (trial) => {
    const { runId } = await trial.handle.describe();
    await trial.handle.result();
    await record('upgrade-cluster-continues', trial.environment.client.workflow.getHandle(trial.handle.workflowId, runId));
    await record('upgrade-cluster-continued', trial.handle);
  });
  const failsOnce = (step: string, node: string, call: number): void => {
    if (step === 'upgradeKubelet' && node === 'w2' && call === 1) throw ApplicationFailure.create({ message: `${step} failed`, type: 'HostStepFailed', nonRetryable: true });
  };
  await upgrade({ behave: failsOnce, workers: 3 }, async (trial) => {
    await until(trial, ({ nodes }) => nodes.some((node) => node.name === 'w2' && node.state === 'held'));
    await trial.handle.executeUpdate(rollbackUpdate, { args: [{ scope: 'workers', by: 'recorder', reason: 'recorded' }] });
    await trial.handle.result();
    await record('upgrade-cluster-rolled-back', trial.handle);
    for (const node of ['w1', 'w2']) await record(`rollback-node-${node}`, trial.environment.client.workflow.getHandle(`${trial.handle.workflowId}/${node}`));
  });
});

after(() => { process.stdout.write('histories written to test/replay/histories\n'); });

async function record(name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const json: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  await writeFile(new URL(`histories/${name}.json`, import.meta.url), `${JSON.stringify(json)}\n`);
}
