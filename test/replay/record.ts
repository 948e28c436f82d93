/**
 * Records the histories that `replay.test.ts` replays, one for each stage, against activities of the tests' own: `node test/replay/record.ts`.
 * It takes a few minutes and replaces what this version of Capstan has recorded before. Those of released versions stay as they are:
 * they stand for upgrades that run while Capstan is updated.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { after, before, describe, it } from 'node:test';
import { INSPECTIONS } from '../../workflows/messages.ts';
import { devServer } from '../support/temporal.ts';
import { workflowTests } from '../workflows/harness.ts';
import type { Trial } from '../workflows/harness.ts';
import { brakeAt } from './brake.ts';
import { CLUSTER_STAGES } from './cluster-stages.ts';
import { clearHistories, currentVersion, settledHistory, writeHistory } from './histories.ts';
import { NODE_STAGES } from './node-stages.ts';
import { RELEASE_STAGES } from './release-stages.ts';
import { RESTORE_STAGES } from './restore-stages.ts';
import { ROLLBACK_STAGES } from './rollback-stages.ts';
import { runThatStarted } from './stage.ts';
import type { Stage } from './stage.ts';

const version = currentVersion();

describe('records', { timeout: 15 * 60_000 }, () => {
  // A real server: what it writes is what a worker in the field meets.
  const { upgrade, inspection, restore, release } = workflowTests(devServer);
  before(() => clearHistories(version));
  after(() => { process.stdout.write(`histories written to test/histories/${version}\n`); });

  for (const stage of CLUSTER_STAGES) it(`upgradeCluster ${stage.name}`, () => recordStage(`upgrade-cluster/${stage.name}`, stage));
  for (const stage of NODE_STAGES) it(`upgradeNode ${stage.name}`, () => recordStage(`upgrade-node/${stage.name}`, stage));
  for (const stage of ROLLBACK_STAGES) it(`rollbackNode ${stage.name}`, () => recordStage(`rollback-node/${stage.name}`, stage));
  for (const what of INSPECTIONS) {
    it(`inspectCluster ${what}`, async () => {
      const logs = what === 'logs' ? { logs: { upgrade: 'test', node: 'cp1', step: 'upgradeKubelet' } } : {};
      await inspection({ what, ...logs }, async ({ handle }) => {
        await handle.result();
        await writeHistory(`${version}/inspect-cluster/${what}`, await settledHistory(handle));
      });
    });
  }
  it('inspectCluster while it runs', async () => {
    const brake = brakeAt({ activity: 'runPreflight' });
    await inspection({ what: 'preflight' }, async ({ handle }) => {
      await brake.reached;
      await writeHistory(`${version}/inspect-cluster/preflight-running`, await settledHistory(handle));
      brake.release();
      await handle.result();
    }, brake.interceptors);
  });

  for (const { name, setting, at, act } of RESTORE_STAGES) {
    it(`restoreCluster ${name}`, async () => {
      const brake = brakeAt(at);
      await restore({ ...setting, interceptors: brake.interceptors }, async (restoring) => {
        try {
          if (act !== undefined) await act(restoring, brake.reached, brake.release);
          else await (at === undefined ? restoring.handle.result() : brake.reached);
          await writeHistory(`${version}/restore-cluster/${name}`, await settledHistory(restoring.handle));
        } finally {
          brake.release();
        }
      });
    });
  }

  for (const { name, left, apply, at } of RELEASE_STAGES) {
    it(`releaseCluster ${name}`, async () => {
      const brake = brakeAt(at === undefined ? undefined : { activity: at });
      await release(left, apply, async ({ handle }) => {
        await (at === undefined ? handle.result() : brake.reached);
        await writeHistory(`${version}/release-cluster/${name}`, await settledHistory(handle));
        brake.release();
        await handle.result();
      }, brake.interceptors);
    });
  }

  async function recordStage(name: string, stage: Stage): Promise<void> {
    const brake = brakeAt(stage.at);
    const interceptors = { activity: [...(stage.setting?.interceptors?.activity ?? []), ...(brake.interceptors.activity ?? [])] };
    await upgrade({ ...stage.setting, interceptors }, async (trial) => {
      try {
        await reach(stage, trial, brake.reached, brake.release);
        await writeHistory(`${version}/${name}`, await settledHistory(await handleOf(stage, trial)));
      } finally {
        brake.release();
      }
    });
  }
});

async function handleOf({ node, runThatStarted: started }: Stage, trial: Trial): Promise<WorkflowHandle> {
  const { workflow } = trial.environment.client;
  const { workflowId } = trial.handle;
  if (node !== undefined) return workflow.getHandle(`${workflowId}/${node}`);
  return workflow.getHandle(workflowId, started === undefined ? undefined : await runThatStarted(trial, started));
}

async function reach(stage: Stage, trial: Trial, reached: Promise<void>, release: () => void): Promise<void> {
  if (stage.act !== undefined) return stage.act(trial, reached, release);
  await (stage.at === undefined ? trial.handle.result() : reached);
}
