/**
 * Records the histories that `replay.test.ts` replays, against fake activities: a whole upgrade with a hold, a retry, a pause and a skip;
 * one that goes on in a new history with nodes in flight; one with every decision of an update, which is then cancelled.
 * Run it when a new path through the workflows deserves to be kept: `node test/replay/record.ts`.
 * A recorded history is never changed afterwards, and what is there is left: it stands for an upgrade that runs while Capstan is updated.
 */
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { after, it } from 'node:test';
import { cancelSignal, pauseSignal, resolveHoldUpdate, resumeSignal, retryNodeSignal, setPolicyUpdate, skipNodeSignal } from '../../workflows/messages.ts';
import { failing, gate, nodeState, until, workflowTests } from '../workflows/harness.ts';

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
  await recordDecisions();
});

/** A retry, a drain that is given more time and then forced, a wider window, and a cancel while a worker drains. */
async function recordDecisions(): Promise<void> {
  let isStuck = true;
  const stuck = gate();
  const behave = (step: string, node: string, call: number): void => {
    if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
    if (step === 'drainNode' && ((node === 'w2' && isStuck) || node === 'w4')) {
      if (node === 'w4') stuck.open();
      throw new Error('a budget allows none now');
    }
  };
  await upgrade({ controlPlanes: 1, workers: 6, behave }, async (trial) => {
    const { handle, cluster } = trial;
    const confirm = handle.workflowId.slice('upgrade/'.length);
    await until(trial, (status) => nodeState(status, 'w1') === 'held');
    await handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'retry', by: 'recorder', reason: 'mended' }] });
    await until(trial, (status) => nodeState(status, 'w2') === 'draining');
    await handle.executeUpdate(setPolicyUpdate, { args: [{ drainTimeout: '1h', maxUnavailable: 2, by: 'recorder' }] });
    await until(trial, () => cluster.drains.some(({ node, drain }) => node.name === 'w2' && drain.timeoutSeconds === 3600));
    await handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w2', decision: 'force-drain', confirm, by: 'recorder' }] });
    await until(trial, () => cluster.drains.some(({ force }) => force === true));
    isStuck = false;
    await stuck.opened;
    await handle.signal(cancelSignal, { by: 'recorder', reason: 'enough' });
    await handle.result();
    await record('upgrade-cluster-decisions', handle);
    for (const [name, node] of [['forced', 'w2'], ['cancelled', 'w4']] as const) {
      await record(`upgrade-node-${name}`, trial.environment.client.workflow.getHandle(`${handle.workflowId}/${node}`));
    }
  });
}

after(() => { process.stdout.write('histories written to test/replay/histories\n'); });

async function record(name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const json: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  const file = new URL(`histories/${name}.json`, import.meta.url);
  if (!existsSync(file)) await writeFile(file, `${JSON.stringify(json)}\n`);
}
