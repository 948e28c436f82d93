import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Payload } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { cancelSignal, WORKFLOW } from '../../workflows/messages.ts';
import { nodeState, stopped, until, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';
import { ILL_SHAPED, json, rawCalls, UNDECODABLE } from './hostile.ts';

const LIMIT = { timeout: 60_000 };
const HOSTILE = { ...UNDECODABLE, ...ILL_SHAPED };

const STEP = { startedAt: '2026-11-21T07:00:00.000Z', seconds: 1, busySeconds: 1, attempt: 1, changed: true, note: '' };

/** What Temporal's own command line lets anybody complete a step with. */
const RESULTS: Readonly<Record<string, Payload>> = {
  ...HOSTILE,
  'of nothing': json('null'), 'of an empty object': json({}), 'with a start that is not a time': json({ ...STEP, startedAt: 'yesterday' }), 'with endless seconds': json(JSON.stringify(STEP).replace('"seconds":1', '"seconds":1e999')),
  'without a note': json({ ...STEP, note: undefined }), 'with a restart that is not a time': json({ ...STEP, restartedAt: 'now' }),
};

/** Id of the activity of this type that runs in a workflow. */
async function activityId({ environment: { client } }: Pick<Trial, 'environment'>, workflowId: string, type: string): Promise<string> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const id = raw.pendingActivities?.find(({ activityType }) => activityType?.name === type)?.activityId;
  assert.ok(typeof id === 'string', `${type} does not run`);
  return id;
}

describe('a result of an activity that no worker writes', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  for (const [what, payload] of Object.entries(RESULTS)) {
    it(`holds the node with a reason, and a retry goes on: one ${what}`, LIMIT, async () => {
      const stop = stopped('upgradeKubelet', 'w1');
      await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
        await stop.reached;
        const { client } = trial.environment;
        const workflowId = `${trial.handle.workflowId}/w1`;
        await client.workflowService.respondActivityTaskCompletedById({
          namespace: client.options.namespace, workflowId, activityId: await activityId(trial, workflowId, 'upgradeKubelet'), result: { payloads: [payload] }, identity: 'anybody',
        });
        const held = (await until(trial, (status) => nodeState(status, 'w1') === 'held')).nodes.find(({ name }) => name === 'w1');
        assert.equal(held?.step, 'upgradeKubelet');
        assert.match(held?.failure?.message ?? '', /^the result of upgradeKubelet is not one that a worker of this version writes: /);
        assert.match(held?.failure?.next ?? '', /completed it by hand.*retry/);
        stop.release();
        await trial.handle.signal('retryNode', { node: 'w1' });
        assert.equal((await trial.handle.result()).state, 'done');
      });
    });
  }

  it('of a step of the cluster ends the upgrade, with its reason, and gives everything back', LIMIT, async () => {
    const stop = stopped('verifyCluster', 'cluster');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      const { client } = trial.environment;
      const { workflowId } = trial.handle;
      await client.workflowService.respondActivityTaskCompletedById({ namespace: client.options.namespace, workflowId, activityId: await activityId(trial, workflowId, 'verifyCluster'), result: { payloads: [json('7')] } });
      stop.release();
      const report = await trial.handle.result();
      assert.deepEqual([report.state, report.failure?.message.startsWith('the result of verifyCluster')], ['failed', true]);
      assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
    });
  });
});

describe('a failure of an activity whose details cannot be decoded', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  for (const [what, payload] of Object.entries(HOSTILE)) {
    it(`holds the node with what it says: details ${what}`, LIMIT, async () => {
      const stop = stopped('upgradeKubelet', 'w1');
      await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
        await stop.reached;
        const { client } = trial.environment;
        const workflowId = `${trial.handle.workflowId}/w1`;
        await client.workflowService.respondActivityTaskFailedById({
          namespace: client.options.namespace, workflowId, activityId: await activityId(trial, workflowId, 'upgradeKubelet'),
          failure: { message: 'by hand', encodedAttributes: payload, applicationFailureInfo: { type: 'HostStepFailed', nonRetryable: true, details: { payloads: [payload] } } },
        });
        const held = (await until(trial, (status) => nodeState(status, 'w1') === 'held')).nodes.find(({ name }) => name === 'w1');
        assert.deepEqual([held?.failure?.type, held?.failure?.message], ['HostStepFailed', 'by hand']);
        stop.release();
        await trial.handle.signal(cancelSignal, { by: 'ann' });
        assert.equal((await trial.handle.result()).state, 'cancelled');
        assert.deepEqual([...trial.cluster.cordoned], []);
      });
    });
  }
});

describe('a workflow that is started with an input that cannot be read', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  for (const type of Object.values(WORKFLOW)) {
    it(`fails at once, and does nothing: ${type}`, LIMIT, async () => {
      const stop = stopped('upgradeKubelet', 'w1');
      await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
        await stop.reached;
        const { client } = trial.environment;
        const raw = rawCalls(trial.environment);
        const { taskQueue } = await trial.handle.describe();
        for (const [what, payloads] of [...Object.entries(HOSTILE).map(([name, payload]) => [name, [payload]] as const), ['without arguments', []] as const, ['with halves', [json({ spec: { name: 'x', access: {} }, plan: { to: 'v1.34.4', nodes: [{ name: 'w1', roles: [] }] }, upgrade: { id: 'x', workflowId: 'y' }, node: { name: 'w1', roles: [] } })]] as const]) {
          // It asks for no plan.
          if (what === 'with halves' && (type === 'inspectCluster' || type === 'releaseCluster')) continue;
          const id = await raw.start(type, taskQueue, payloads);
          await assert.rejects(client.workflow.getHandle(id).result(), (error) => {
            assert.ok(error instanceof WorkflowFailedError, what);
            assert.match(error.cause?.message ?? '', /\S/);
            return true;
          });
        }
        stop.release();
        await trial.handle.result();
      });
    });
  }
});
